"""The theme: Jinja2 templates, style sheets and scripts.

`base.html` is the frame of every page, `page.html` the page of one source file, `partials/` what they
share, `static/` the files that a site keeps in `_site/`. A site's own files replace these one by one.
"""
