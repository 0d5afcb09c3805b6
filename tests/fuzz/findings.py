"""The kinds of input by which intruders have hurt the server once, drawn at random: rings, pictures, depths, heads, addresses, names."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

import requests
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.drawing import often
from tests.fuzz.report import PATIENCE_S, Report

POINTS = st.tuples(st.floats(103.9, 104.2), st.floats(30.5, 30.8))
RINGS = st.one_of(
    st.lists(POINTS, max_size=400).map(lambda points: [list(point) for point in points]),
    st.integers(3, 400).map(
        lambda count: [[104 + 0.05 * (i * 7919 % 97) / 97, 30.6 + 0.05 * (i * 104_729 % 89) / 89] for i in range(count)]
    ),
)
"""Few points, many, and such that cross themselves everywhere (SH1)."""
PICTURES = st.one_of(
    st.binary(max_size=400),
    st.builds(
        lambda scans, tail: b"\xff\xd8\xff\xe0" + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * scans + tail,
        st.integers(0, 400),
        st.binary(max_size=60),
    ),
    st.builds(
        lambda wide, high: (
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + wide.to_bytes(4, "big") + high.to_bytes(4, "big") + b"\x08\x02\x00\x00\x00" + bytes(4)
        ),
        st.integers(0, 2**31),
        st.integers(0, 2**31),
    ),
)
"""Noise, scans without end, sizes that nobody has (SC2)."""
DEPTHS = st.builds(
    lambda depth, open_, close, middle: open_ * depth + middle + close * depth,
    st.integers(1, 3000),
    st.just("["),
    st.just("]"),
    st.sampled_from(["1", '"\\u0000"', "{}", ""]),
)
"""SL2."""
WORDS = st.one_of(
    st.text(max_size=40), st.sampled_from(["5101\U0010ffff", "5101\ud7ff", "\x00", "%00", "5101\n2026-11-28 INFO", "٥١٠١", "5" * 4000])
)
"""SL1, SL6."""
HOSTS = st.sampled_from(
    [
        "127.1",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "10.1",
        "169.254.43518",
        "a.localhost.",
        "[::1]",
        "fcm.googleapis.com@10.1",
        "fcm.googleapis.com.evil.example",
        "[::ffff:10.0.0.1]",
    ]
)
"""SC3."""
NAMES = st.sampled_from(
    [
        "Content-Length ",
        "Transfer-Encoding ",
        "Transfer-Encoding",
        "X\x00",
        " folded",
        "Host",
        "Expect",
        "Upgrade",
        "Content-Length",
        "Connection",
        "Sec-WebSocket-Version",
    ]
)
HEADS = st.builds(
    lambda method, path, lines, end: f"{method} {path} HTTP/1.1{end}" + "".join(f"{name}: {value}{end}" for name, value in lines) + end,
    st.one_of(st.sampled_from(["GET", "POST", "PRI", "get", "TRACE", "CONNECT"]), st.text("ABCXYZ", min_size=1, max_size=12)),
    st.one_of(
        st.sampled_from(
            ["/healthz", "/api/v1/positions", "/tiles/areas/x/5101/10/1/1.pbf", "/socket.io/?EIO=4&transport=websocket", "*", "//x"]
        ),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40),
    ),
    st.lists(
        st.tuples(
            NAMES,
            st.one_of(
                st.sampled_from(["chunked", "5", "-1", "777", "websocket", "x\r\n folded", "99999999999"]), st.text("a1 ;,", max_size=12)
            ),
        ),
        max_size=6,
    ),
    st.sampled_from(["\r\n", "\n", "\r\n\x00"]),
)
"""SL9, SL10, SH6."""


def try_findings(address: str, token: Callable[[str], str], report: Report, many: int, number: int) -> None:
    """`many` cases of each kind; each is answered below 500, or closed, and everybody else is answered after it."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {token('admin')}"
    phone = {"Authorization": f"Bearer {token('unit')}"}
    base = f"{address}/api/v1"

    def ask(what: str, method: str, path: str, **options: Any) -> None:
        try:
            answer = session.request(method, path, timeout=PATIENCE_S, **options)
        except requests.RequestException as error:
            report.answers["no answer"] += 1
            report.wrong.append(f"{what}: {error!r}"[:600])
            return
        report.answers[str(answer.status_code)] += 1
        if answer.status_code >= 500 and answer.status_code != 507:
            report.wrong.append(f"{what}: {answer.status_code} for {str(options)[:400]}")

    def rings(ring: list[Any]) -> None:
        ask("ring", "POST", f"{base}/orders/preview", json={"area": "5101", "lasso": ring})

    def pictures(data: bytes) -> None:
        params, headers = {"key": f"fuzz-{hash(data) & 0xFFFFFFFF:08x}-{number}"}, {"Content-Type": "image/jpeg"}
        ask("picture", "POST", f"{base}/photos", data=data, params=params, headers=headers)

    def depths(text: str) -> None:
        for path in (f"{base}/tickets", f"{address}/_dash-update-component"):
            ask("depth", "POST", path, data=text.encode("utf-8", "replace"), headers={"Content-Type": "application/json"})

    def words(text: str) -> None:
        said = quote(text.encode("utf-8", "surrogatepass"))
        for path in (f"tickets?area={said}", f"search?q={said}", f"units/{said}", f"areas/{said}"):
            ask("word", "GET", f"{base}/{path}")

    def hosts(host: str, rest: str) -> None:
        body = {"endpoint": f"https://{host}/{quote(rest)}", "p256dh": "B" * 87, "auth": "a" * 22}
        ask("host", "POST", f"{base}/my/push-subscription", json=body, headers=phone)

    def heads(head: str) -> None:
        parts = urlsplit(address)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE_S) as plain:
            plain.sendall(head.encode("latin-1", "replace"))
            plain.shutdown(socket.SHUT_WR)
            told = b""
            with suppress(OSError):
                told = plain.recv(200)
        code = told[9:12].decode("latin-1") if told.startswith(b"HTTP/1.1 ") else "closed"
        report.answers[code] += 1
        if code.startswith("5") and code not in ("501", "505"):
            report.wrong.append(f"head: {told[:60]!r} for {head[:300]!r}")
        ask("everybody else", "GET", f"{address}/healthz")

    often(many, number)(given(ring=RINGS)(rings))()
    often(many, number)(given(data=PICTURES)(pictures))()
    often(many, number)(given(text=DEPTHS)(depths))()
    often(many, number)(given(text=WORDS)(words))()
    often(many, number)(given(host=HOSTS, rest=st.text(max_size=10))(hosts))()
    often(many, number)(given(head=HEADS)(heads))()
    assert json.loads(session.get(f"{address}/healthz", timeout=PATIENCE_S).text)["ok"]
