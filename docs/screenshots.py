"""Make the pictures of the console in `docs/images/` again, from a demo that runs (`make demo KEEP=1`).

Usage: python docs/screenshots.py ADDRESS USER PASSWORD (the demo prints all three). Needs Debian's chromium.
"""

import struct
import sys
import zlib
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).parent / "images"
SIGNATURE = b"\x89PNG\r\n\x1a\n"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]


def main(address: str, user: str, password: str) -> None:
    """Sign in and take a picture of the overview and of the first image."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        # The demo's certificate is of a private root that this browser does not know.
        page = browser.new_page(ignore_https_errors=True, viewport={"width": 1400, "height": 1000})
        page.goto(f"{address}/sign-in")
        page.fill("#name", user)
        page.fill("#password", password)
        page.click("form.sign-in button")
        page.wait_for_selector("h1:has-text('What runs')")
        picture(page, "console-overview.png")
        page.goto(f"{address}/images")
        page.click("td a.image")
        page.wait_for_selector("#findings-table")
        picture(page, "console-image.png")
        browser.close()


def picture(page: Page, name: str) -> None:
    """Save what the window shows."""
    path = IMAGES / name
    path.write_bytes(packed(page.screenshot()))
    print(f"{path} {path.stat().st_size} bytes")


def packed(png: bytes) -> bytes:
    """Return the same picture with its data packed as tightly as deflate can (PNG specification, section 5.3)."""
    chunks, at = [], len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        chunks.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += length + 12
    data = zlib.compress(zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT")), 9)
    kept = [(b"IHDR", chunks[0][1]), (b"IDAT", data), (b"IEND", b"")]
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in kept
    )


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
