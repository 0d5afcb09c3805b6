"""From the navigation to all layers drawn, with a cold and a warm cache, beside an empty dash-leaflet map; and the bytes before tiles."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from bench import peers
from bench.browser import LAYERS, chromium, marks, signed_in, wait_drawn
from bench.city import running
from bench.common import Figure, median

MOST_BYTES = 3_000_000


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """Cold and warm."""
    with running(scale) as city, peers.empty_map() as empty_address, chromium() as browser:
        empty = {
            cache: median([one[cache] for one in (_empty(browser, empty_address) for _ in range(rounds))]) for cache in ("cold", "warm")
        }
        views = [view(browser, city.server.address) for _ in range(rounds)]
    figures = []
    for cache in ("cold", "warm"):
        data = median([max(one[cache][layer] for layer in LAYERS if layer != "micro_grids") for one in views])
        everything = median([max(one[cache].values()) for one in views])
        share = everything / empty[cache]
        figures.append(
            Figure(
                f"first view, {cache} cache",
                f"{everything:,.0f} ms",
                f"empty dash-leaflet map: {empty[cache]:,.0f} ms",
                share,
                "≤ 2.5 × the empty map" if cache == "cold" else "",
                share <= 2.5 if cache == "cold" else None,
                f"{data:,.0f} ms until areas, people, video points and tickets; the rest is the micro-grids by WebGL in software",
            )
        )
    size = median([one["bytes"]["all"] for one in views])
    figures.append(
        Figure("first view, bytes before tiles", f"{size / 1e6:.2f} MB", "3 MB", size / MOST_BYTES, "≤ 3 MB", size <= MOST_BYTES,
               "scripts, pages, shapes, video points, and the socket's first messages")
    )  # fmt: skip
    return figures


def view(browser: Browser, address: str) -> dict[str, dict[str, float]]:
    """`cold`, `warm`: milliseconds until each layer was drawn; `bytes`: what came before the tiles."""
    page = signed_in(browser, address)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    seen = {"all": 0.0}
    tiles = set()
    session.on("Network.responseReceived", lambda e: tiles.add(e["requestId"]) if "/tiles/areas/" in e["response"]["url"] else None)
    session.on("Network.loadingFinished", lambda e: _add(seen, 0 if e["requestId"] in tiles else e["encodedDataLength"]))
    session.on("Network.webSocketFrameReceived", lambda e: _add(seen, _frame_bytes(e["response"])))
    page.goto(f"{address}/")
    wait_drawn(page)
    cold, size = marks(page), seen["all"]
    page.goto(f"{address}/")
    wait_drawn(page)
    warm = marks(page)
    page.context.close()
    return {"cold": cold, "warm": warm, "bytes": {"all": size}}


def _add(seen: dict[str, float], size: float) -> None:
    seen["all"] += size


def _frame_bytes(frame: dict[str, object]) -> float:
    """DevTools gives binary messages in base64."""
    return len(str(frame["payloadData"])) * (0.75 if frame["opcode"] == 2 else 1)


def _empty(browser: Browser, address: str) -> dict[str, float]:
    page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
    return {"cold": _map_time(page, address), "warm": _map_time(page, address)}


def _map_time(page: Page, address: str) -> float:
    page.goto(address)
    page.wait_for_selector(".leaflet-container .leaflet-control-zoom")
    return float(page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done(performance.now())))"))
