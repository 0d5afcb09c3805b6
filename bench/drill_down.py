"""From the click to the painted panel and map, at each level, beside a bare Dash callback that returns the same bytes."""

from __future__ import annotations

from playwright.sync_api import Page

from bench import peers
from bench.browser import LAYERS, chromium, signed_in, wait_drawn
from bench.city import Running, running
from bench.common import Figure, percentile
from dashboard.identity import SYSTEM
from tests.browser.conftest import wait_for_area

STARTS = ("510104", "510182")
PATIENCE_MS = 20_000
NAMES = ("district", "street", "community", "grid", "micro-grid")

CLICK = """([code, patience]) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`${code} was not shown`)), patience);
  const wall = document.getElementById('wall');
  const began = performance.now();
  const painted = () => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  let shown = false, told = false;
  const look = () => {
    shown ||= wall.dataset.shown === code;
    told ||= wall.yiping.picture.area === code && document.querySelector('#breadcrumb .here')?.dataset.code === code;
    if (shown && told) { observer.disconnect(); painted(); }
  };
  const observer = new MutationObserver(look);
  observer.observe(wall, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-shown'] });
  history.pushState({}, '', `/?area=${code}`);
  window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
})"""
BARE = """([size, patience]) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`${size} bytes did not come`)), patience);
  const out = document.getElementById('out'), began = performance.now();
  const observer = new MutationObserver(() => {
    observer.disconnect();
    requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
  });
  observer.observe(out, { subtree: true, childList: true, characterData: true });
  if (size === window.lastSize) document.getElementById('go').click();
  else { window.lastSize = size; window.dash_clientside.set_props('bytes', { value: size }); }
})"""


def measure(scale: str = "full", rounds: int = 5) -> list[Figure]:
    """Each level by itself. Twelve times as often as other things: a 95th in a hundred of six would be the worst."""
    times, sizes, bare = levels(scale, 6 * rounds)
    figures = []
    for i, name in enumerate(NAMES):
        ours, beside = percentile(times[i], 0.95), percentile(bare[i], 0.95)
        figures.append(
            Figure(
                f"drill-down to a {name}",
                f"p95 {ours:.0f} ms",
                f"bare Dash callback, {sizes[i] / 1000:.0f} kB: p95 {beside:.0f} ms",
                ours / beside,
                "≤ 3 × the bare callback",
                ours <= 3 * beside,
            )
        )
    return figures


def levels(scale: str, rounds: int, query: str = "") -> tuple[list[list[float]], list[float], list[list[float]]]:
    """Times in ms and bytes of each level, and the bare callback's times with the same bytes."""
    times: list[list[float]] = [[] for _ in NAMES]
    sizes = [0.0 for _ in NAMES]
    with running(scale) as city, chromium() as browser:
        paths = [_down(city, start) for start in STARTS]
        page = signed_in(browser, city.server.address)
        page.goto(f"{city.server.address}/{query}")
        wait_drawn(page, LAYERS[:4] if query else LAYERS)
        page.wait_for_timeout(3000)  # what the page prepares when it is idle
        seen = _count_bytes(page)
        for _ in range(rounds):
            for path in paths:
                for i, code in enumerate(path):
                    before = seen["bytes"]
                    times[i].append(float(page.evaluate(CLICK, [code, PATIENCE_MS])))
                    page.wait_for_timeout(400)
                    sizes[i] = max(sizes[i], seen["bytes"] - before)
                page.evaluate(CLICK, ["5101", PATIENCE_MS])
                wait_for_area(page, "5101")
                page.wait_for_timeout(400)
        page.context.close()
        bare: list[list[float]] = [[] for _ in NAMES]
        with peers.empty_map() as address:
            page = browser.new_context(viewport={"width": 1920, "height": 1080}).new_page()
            page.goto(address)
            page.wait_for_selector("#out", state="attached")
            page.wait_for_timeout(1500)
            for _ in range(2 * rounds):
                for i, size in enumerate(sizes):
                    bare[i].append(float(page.evaluate(BARE, [round(size), PATIENCE_MS])))
                    page.wait_for_timeout(50)
    return times, sizes, bare


def _down(city: Running, code: str) -> list[str]:
    """The first child, and its first child, and so on."""
    path = [code]
    while len(path) < len(NAMES):
        path.append(city.city.areas.place(SYSTEM, path[-1]).children[0]["code"])
    return path


def _count_bytes(page: Page) -> dict[str, float]:
    seen = {"bytes": 0.0}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def add(size: float) -> None:
        seen["bytes"] += size

    tiles = set()  # they come after the panel and the map are painted, and have a line of their own in the table
    session.on("Network.responseReceived", lambda e: tiles.add(e["requestId"]) if "/tiles/areas/" in e["response"]["url"] else None)
    session.on("Network.loadingFinished", lambda e: add(0 if e["requestId"] in tiles else e["encodedDataLength"]))
    session.on("Network.webSocketFrameReceived", lambda e: add(len(e["response"]["payloadData"])))
    return seen
