"""Take the pictures of the README again: `make site`, then `.venv/bin/python docs/screenshots.py`."""

import base64
import shutil
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

DOCS = Path(__file__).parent
SITE = DOCS.parent / "public"
QUALITY = 82


@dataclass(frozen=True, slots=True)
class Picture:
    """One window onto the site."""

    name: str
    page: str
    place: str
    theme: str
    width: int
    height: int


PICTURES = (
    Picture("english", "normalization/group_norm/index.html", "GroupNorm", "light", 1280, 860),
    Picture("japanese", "ja/normalization/group_norm/index.html", "GroupNorm", "dark", 1280, 860),
    Picture("arabic", "ar/normalization/group_norm/index.html", "", "light", 390, 844),
)


def take(browser: Browser, picture: Picture) -> bytes:
    """Return a picture as WebP, at twice the resolution."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        device_scale_factor=2,
        color_scheme="dark" if picture.theme == "dark" else "light",
    )
    page = context.new_page()
    page.goto((SITE / picture.page).as_uri())
    if picture.place:
        page.evaluate("id => document.getElementById(id).scrollIntoView()", picture.place)
    session = context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    context.close()
    return base64.b64decode(shot["data"])


def main() -> None:
    """Write every picture beside this file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for picture in PICTURES:
            (DOCS / f"{picture.name}.webp").write_bytes(take(browser, picture))


if __name__ == "__main__":
    main()
