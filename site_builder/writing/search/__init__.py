"""What the search of a site reads: files that a browser fetches in parts, as a query needs them.

What is searched is a *corpus* of one text a page: the code of all pages, which is the same in every
language, and the prose of all pages in each language, as it is shown. A query looks in two of them.

    _site/search/ja.json                      the manifest of a language: how many shards, how to normalise
    _site/search/pages/0.json                 the URLs of the pages, by number, 1024 in a file
    _site/search/ja/3.json                    a shard: terms, and the pages that hold each of them
    _site/search/ja/text/norm.html.json       the text of a page, to be looked through and quoted

`text` takes the text out of a page. Each worker writes those of its page beside the page itself, so that
a page that need not be written again need not be read again either. `terms` says what is looked up:
words, and of every run of letters its single characters and pairs, so that any part of a word is found
in any script, with spaces between the words or without. `shards` reads the texts of a corpus one after
another; `postings` notes which page holds which term, and `dealing` puts that into shards. What would take
much memory waits in files. The corpora are independent of each other, so that workers can do one each.

That a page holds all the terms of a query does not mean that it holds the query. The browser
(`templates/static/search.js`) looks through the texts of the pages that it is about to show, with the rules
of `terms`, which the manifest hands to it: every page that has the words is found, and no other is shown.
"""

from site_builder.writing.search.editing import edit_shards
from site_builder.writing.search.shards import (
    CODE,
    FORMAT,
    Corpus,
    make_manifest,
    make_shards,
    page_files,
    shard_count,
    shard_path,
)
from site_builder.writing.search.text import code_text, prose_text, text_path

__all__ = [
    "CODE",
    "FORMAT",
    "Corpus",
    "code_text",
    "edit_shards",
    "make_manifest",
    "make_shards",
    "page_files",
    "prose_text",
    "shard_count",
    "shard_path",
    "text_path",
]
