"""The web manifest: what a browser calls the site where a reader keeps it."""

import json
from collections.abc import Mapping

from site_builder.config import Config
from site_builder.language import Language
from site_builder.writing.theme import STATIC_FOLDER, paper_colors, static_urls

MANIFEST = "manifest.webmanifest"


def make_manifest(config: Config, language: Language, static: Mapping[str, bytes]) -> bytes:
    """Return the manifest, of which every address is relative: the site may lie in any folder of its host."""
    light, _ = paper_colors(static) or ("", "")
    icon = static_urls(static)["favicon.svg"].removeprefix(f"{STATIC_FOLDER}/")
    told = {
        "name": config.title,
        "lang": language.tag,
        "dir": language.direction,
        "start_url": "../",
        "scope": "../",
        "display": "minimal-ui",
        "background_color": light,
        "theme_color": light,
        "icons": [{"src": icon, "type": "image/svg+xml", "sizes": "any"}],
    }
    return json.dumps({name: value for name, value in told.items() if value}, ensure_ascii=False).encode()
