"""Tiles by a recorded pan and zoom, signed in: one gevent worker, nginx serving the same bytes, the grown-up form, and tipg on PostGIS."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.city import Running, fill, running
from bench.common import PEERS, Figure, median
from bench.peers import started
from tests.servers import ROOT, free_port, postgres

PAN = Path(__file__).parent / "pan.txt"
SECONDS = 5
TIPG_TABLE = (
    "CREATE TABLE micro_grids AS SELECT code, geometry FROM areas WHERE level = 'micro_grid';"
    "ALTER TABLE micro_grids ADD PRIMARY KEY (code); CREATE INDEX ON micro_grids USING gist (geometry); ANALYZE"
)
SECRET = "bench-secret-bench-secret-0"
TIPG_SECONDS = 20


def measure(scale: str = "full", rounds: int = 3) -> list[Figure]:
    """The app, nginx bare and after one authorisation, tipg; one load generator, eight connections, one worker each."""
    places = PAN.read_text("utf-8").split()
    with running(scale, YIPING_TILE_SECRET=SECRET) as city, tempfile.TemporaryDirectory(prefix="yiping-nginx-") as name:
        files = Path(name)
        files.chmod(0o755)
        city.city.tiling.export(files, "5101")
        present = city.city.tiling.present()
        assert present is not None
        signed = [f"/tiles/areas/{present.version}/5101/{place}" for place in places]
        token = city.token("officer")
        with nginx(files, city.server.address) as (bare_address, grown_address):
            cookie = _pass(grown_address, token)
            bare, app, grown = [], [], []
            for _ in range(rounds):
                bare.append(_wrk(bare_address, signed, {}))
                app.append(_wrk(city.server.address, signed, {"Cookie": f"yiping_session={token}"}))
                grown.append(_wrk(grown_address, signed, {"Cookie": f"yiping_session={token}; {cookie}"}))
        tipg = _tipg(city, places)
    ours, beside, grown_up = median(app), median(bare), median(grown)
    files_share, tipg_share, grown_share = ours / beside, ours / tipg, grown_up / beside
    app_word, nginx_word = f"{ours:,.0f}/s", f"nginx, one worker, the same files: {beside:,.0f}/s"
    return [
        Figure("tiles, one gevent worker", app_word, nginx_word, files_share, "≥ 0.12 × nginx", files_share >= 0.12),
        Figure("tiles, one gevent worker", app_word, f"tipg on PostGIS: {tipg:,.1f}/s", tipg_share, "≥ 80 × tipg", tipg_share >= 80),
        Figure(
            "tiles, nginx after one authorisation",
            f"{grown_up:,.0f}/s",
            nginx_word,
            grown_share,
            "≥ 0.9 × bare nginx",
            grown_share >= 0.9,
        ),
    ]


def app_rate(city: Running) -> float:
    """Requests a second of the app by the recorded pan, signed in."""
    present = city.city.tiling.present()
    assert present is not None
    signed = [f"/tiles/areas/{present.version}/5101/{place}" for place in PAN.read_text("utf-8").split()]
    return _wrk(city.server.address, signed, {"Cookie": f"yiping_session={city.token('officer')}"})


def _wrk(address: str, paths: list[str], headers: dict[str, str], seconds: int = SECONDS) -> float:
    """Requests a second over these paths again and again; every answer must be a tile or an empty place."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("local requests, at = {}, 0\nfunction init()\n")
        for name, value in {**headers, "Accept-Encoding": "gzip"}.items():
            script.write(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}\n")
        script.write(f"for path in io.lines('{script.name}.paths') do table.insert(requests, wrk.format('GET', path)) end\nend\n")
        script.write("function request() at = at % #requests + 1 return requests[at] end\n")
        script.write("done = function(summary) print('bad: ' .. summary.errors.status .. ' ' .. summary.errors.timeout) end\n")
        script.flush()
        Path(f"{script.name}.paths").write_text("\n".join(paths) + "\n", "utf-8")
        command = ["wrk", "-t1", "-c8", f"-d{seconds}", "--timeout", "30", "-s", script.name, address]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        Path(f"{script.name}.paths").unlink()
    bad = re.search(r"bad: (\d+) (\d+)", said)
    if bad is None or bad[1] != "0":
        raise RuntimeError(said)
    return float(next(line.split()[1] for line in said.splitlines() if line.startswith("Requests/sec")))


def _pass(address: str, token: str) -> str:
    request = urllib.request.Request(f"{address}/api/v1/tiles", headers={"Authorization": f"Bearer {token}"})
    return "; ".join(one.split(";")[0] for one in urllib.request.urlopen(request).headers.get_all("Set-Cookie"))


@contextmanager
def nginx(files: Path, app: str) -> Iterator[tuple[str, str]]:
    """nginx with one worker: bare files at the first address, the grown-up form (deploy/tiles.nginx.conf) at the second."""
    bare, grown = free_port(), free_port()
    guarded = (ROOT / "deploy" / "tiles.nginx.conf").read_text("utf-8").replace("@SECRET@", SECRET).replace("@TILES@", str(files))
    headers = "types { application/x-protobuf pbf; } add_header Content-Encoding gzip;"
    user = "user root;" if os.getuid() == 0 else ""
    text = f"""
        {user} worker_processes 1; daemon off; pid {files}/nginx.pid; error_log {files}/error.log;
        events {{ worker_connections 512; }}
        http {{
          access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=20000;
          server {{ listen 127.0.0.1:{bare}; root {files}; {headers} location / {{ try_files $uri =204; }} }}
          server {{ listen 127.0.0.1:{grown}; {guarded}
            location / {{ proxy_pass {app}; }}
            location @app {{ proxy_pass {app}; }} }}
        }}"""
    (files / "nginx.conf").write_text(text, "utf-8")
    with started(["nginx", "-c", str(files / "nginx.conf"), "-p", str(files)], f"http://127.0.0.1:{bare}/nothing"):
        yield f"http://127.0.0.1:{bare}", f"http://127.0.0.1:{grown}"


def _tipg(city: Running, places: list[str]) -> float:
    """tipg on the same areas in a PostGIS with its usual index, one worker."""
    port = free_port()
    folder = city.folder / "tipg"
    with postgres(folder) as address:
        fill(city.folder, f"{address}/postgres")
        subprocess.run(
            ["psql", f"{address}/postgres", "-qc", TIPG_TABLE],
            check=True,
            capture_output=True,
        )
        environment = ["env", f"DATABASE_URL={address}/postgres", "TIPG_MAX_FEATURES_PER_TILE=200000"]
        command = [*environment, str(PEERS / "venv/bin/uvicorn"), "tipg.main:app", "--port", str(port), "--log-level", "warning"]
        with started(command, f"http://127.0.0.1:{port}/healthz"):
            paths = [f"/collections/public.micro_grids/tiles/WebMercatorQuad/{place.partition('.')[0]}" for place in places]
            return _wrk(f"http://127.0.0.1:{port}", paths, {}, TIPG_SECONDS)
