"""Take the pictures of the documents anew: the whole city, living, on two sizes of video wall. `python -m bench.pictures`."""

from __future__ import annotations

import io
import sys

from PIL import Image

from bench.browser import chromium, signed_in, wait_drawn
from bench.city import running
from bench.soak import simulator
from tests.servers import ROOT

SIZES = ((3840, 2160), (7680, 2160))
PICTURES = ROOT / "docs" / "pictures"
LIVES_S = 90
"""So long the city lives before it is taken: tickets, orders and warnings are under way."""


def main() -> int:
    """Writes `city-<width>x<height>.webp`."""
    with running("full") as city, simulator(city), chromium() as browser:
        page = signed_in(browser, city.server.address)
        page.wait_for_timeout(LIVES_S * 1000)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.goto(f"{city.server.address}/")
            wait_drawn(page)
            page.locator("#layers .theme select").select_option("on_duty")  # of all themes the one that colours the most micro-grids
            page.wait_for_timeout(8000)
            taken = Image.open(io.BytesIO(page.screenshot(timeout=120_000)))
            taken.convert("RGB").save(PICTURES / f"city-{width}x{height}.webp", quality=82, method=6)
            print(f"{width}x{height}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
