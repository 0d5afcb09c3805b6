"""Records which tiles a person's pan and zoom asks for: `python -m bench.record_pan` writes bench/pan.txt. Run once; the file is kept."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import sync_playwright

from bench.browser import NO_GPU, WEBGL
from bench.city import running
from tests.browser.conftest import FLAGS, sign_in

BACK = "() => document.getElementById('wall').yiping.map.setView([30.66, 104.06], 9.4, { animate: false })"
PAN = Path(__file__).parent / "pan.txt"


def main() -> None:
    """From the city down to a few blocks in three places, with drags in between, as somebody looks for a place in a flood."""
    seen: list[str] = []
    with running("full") as city, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *WEBGL, *NO_GPU])
        page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
        page.on("request", lambda request: seen.append(request.url) if "/tiles/areas/" in request.url else None)
        sign_in(page, city.server.address, "officer", "/")
        page.wait_for_selector("#wall[data-micro-grids=webgl]")
        page.wait_for_timeout(2500)
        for x, y in ((960, 480), (1150, 620), (820, 380)):
            for _ in range(9):
                page.mouse.move(x, y)
                page.mouse.wheel(0, -240)
                page.wait_for_timeout(700)
                page.mouse.down()
                page.mouse.move(x - 260, y + 120, steps=6)
                page.mouse.up()
                page.wait_for_timeout(500)
            page.click("#breadcrumb a") if page.locator("#breadcrumb a").count() else page.evaluate(BACK)
            page.wait_for_timeout(1500)
        browser.close()
    places = ["/".join(url.rsplit("/", 3)[1:]) for url in seen]
    PAN.write_text("\n".join(places) + "\n", "utf-8")
    print(f"{len(places)} tiles, {len(set(places))} of them different")


if __name__ == "__main__":
    main()
