import struct
from pathlib import Path

import pytest

from site_builder.config import load_config
from site_builder.site.assets import image_size

SVG = '<svg xmlns="http://www.w3.org/2000/svg" {}><rect width="9" height="9"/></svg>'
IMAGES = {
    "image.png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">IIB", 30, 20, 8) + b"\2\0\0\0", (30, 20)),
    "image.gif": (b"GIF89a" + struct.pack("<HH", 30, 20) + b"\0\0\0", (30, 20)),
    "image.webp": (b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\x1d\0\0\x13\0\0", (30, 20)),
    "image.jpg": (
        b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xc0\0\x11\x08"
        + struct.pack(">HH", 20, 30)
        + b"\3\1\x11\0\2\x11\0\3\x11\0\xff\xd9",
        (30, 20),
    ),
    "image.svg": (SVG.format('width="30.4" height="20"').encode(), (30, 20)),
    "licensed.SVG": (
        b"<!-- <b> -->" + b" " * 2000 + SVG.format('height="1in" width="2in"').encode(),
        (192, 96),
    ),
    "ratio.svg": (SVG.format('viewBox="0 0 30 20"').encode(), None),
    "share.svg": (SVG.format('width="100%" height="100%"').encode(), None),
    "nothing.svg": (SVG.format('width="0" height="20"').encode(), None),
    "cut.png": (b"\x89PNG\r\n\x1a\n\0\0", None),
    "cut.svg": (b'<svg width="30', None),
    "empty.jpg": (b"", None),
    "text.txt": (b"some words", None),
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_tells_its_size(tmp_path: Path, name: str) -> None:
    content, size = IMAGES[name]
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / name).write_bytes(content)
    assert image_size(load_config(tmp_path), name) == size


def test_what_is_not_in_the_source_folder_has_no_size(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "outside.gif").write_bytes(IMAGES["image.gif"][0])
    (tmp_path / "src" / "link.gif").symlink_to(tmp_path / "outside.gif")
    assert image_size(load_config(tmp_path), "link.gif") is None
    assert image_size(load_config(tmp_path), "missing.gif") is None
