"""From a source file to a page: no language, no HTML page, no disk. `page` is where it begins."""
