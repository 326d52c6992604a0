"""# Bytes"""

x = "é"
