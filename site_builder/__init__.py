"""Turns annotated source into a website: prose beside the code that it explains, in every language.

The way goes from `reading` (a file to a page without a language) through `translating` (that page in
one language) to `writing` (its HTML); `build` runs it over a whole folder.
"""

__version__ = "0.1.0"
