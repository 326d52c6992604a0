"""
---
- a
- list
---
# Front
"""
