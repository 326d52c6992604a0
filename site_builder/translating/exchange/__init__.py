"""The maps of a language as one gettext PO catalog, for the tools of translators, and back.

Neither direction loses anything: what was exported and comes back unchanged leaves every map as it
is, and what no map has a place for is handed back by itself. A message is a key of a map without
the white space around it, for gettext wants line breaks at the ends of both texts or of neither.
"""

from site_builder.translating.exchange.incoming import Imported, import_po
from site_builder.translating.exchange.outgoing import export_po
from site_builder.translating.exchange.po_file import Message, PoFile, read_po
from site_builder.translating.exchange.texts import SourceTexts, Suggestion

__all__ = ["Imported", "Message", "PoFile", "SourceTexts", "Suggestion", "export_po", "import_po", "read_po"]
