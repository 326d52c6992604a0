"""From localized pages to the files of a site.

This room knows HTML, links and templates. It is handed pages whose text, code and formulas are
finished, and returns the bytes of files; it reads no source and writes no disk. One module for each
kind of output; `render` owns the templates.
"""
