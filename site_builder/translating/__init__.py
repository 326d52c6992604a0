"""From a page in no language to the same page in one language.

This room knows translation maps and fragments: it loads and saves maps, mends what stands in them,
finds the translation of a fragment, and says what is wrong or missing. It knows neither Markdown
nor templates, and it writes no file.
"""
