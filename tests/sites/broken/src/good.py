"""# Good

A formula that does not convert: $\nonsense{x}$
"""

x = "a‮b"
