"""# Not closed

x = 1
