"""Real servers for tests: started on free ports in temporary folders, stopped by whoever started them."""

from __future__ import annotations

import glob
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_nobody(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: then another user runs it."""
    return ["runuser", "-u", "postgres", "--", *command] if os.getuid() == 0 else command


@contextmanager
def postgres(folder: Path, durable: bool = False) -> Iterator[str]:
    """A PostgreSQL cluster with PostGIS; yields the address of its server without a database name. Tests need not wait for the disk."""
    binaries = Path(sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))[-1]).parent
    folder.mkdir(parents=True, exist_ok=True)
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        for parent in folder.parents:
            if parent == Path("/tmp"):
                break
            parent.chmod(parent.stat().st_mode | 0o011)
    data, port = folder / "data", free_port()
    subprocess.run(
        _as_nobody([str(binaries / "initdb"), "-D", str(data), "-U", "yiping", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]),
        check=True,
        capture_output=True,
        cwd="/",
    )
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync={'on' if durable else 'off'} -c max_connections=120"
    control = [str(binaries / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
    subprocess.run(_as_nobody([*control, "-o", options, "start"]), check=True, capture_output=True, cwd="/")
    try:
        yield f"postgresql://yiping@127.0.0.1:{port}"
    finally:
        subprocess.run(_as_nobody([*control, "-m", "immediate", "stop"]), check=False, capture_output=True, cwd="/")


@contextmanager
def redis_server(folder: Path, port: int | None = None) -> Iterator[str]:
    """A Redis server that keeps nothing on disk; yields its address."""
    port = port or free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as program:
        try:
            _wait_for_port(port)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            program.terminate()


@contextmanager
def mqtt_broker(folder: Path) -> Iterator[str]:
    """A Mosquitto broker; yields its address."""
    port = free_port()
    configuration = folder / "mosquitto.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_packet_size 20000000\n")
    program_file = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
    with subprocess.Popen([program_file, "-c", str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        try:
            _wait_for_port(port)
            yield f"mqtt://127.0.0.1:{port}"
        finally:
            program.terminate()


def certificate(folder: Path) -> None:
    """`certificate.pem` and `key.pem`, which nobody has signed."""
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=yiping.test"
    subprocess.run([*make.split(), "-keyout", folder / "key.pem", "-out", folder / "certificate.pem"], check=True, capture_output=True)


def nginx_site(folder: Path, workers: Sequence[str], tls: Path, name: str) -> str:
    """deploy/yiping.nginx.conf in front of these workers (host:port) under `name`, as it is but for its places: all lie in `folder`."""
    (folder / "yiping-workers.conf").write_text("".join(f"server {one} max_fails=2 fail_timeout=1s;\n" for one in workers))
    site = (ROOT / "deploy/yiping.nginx.conf").read_text()
    places = {
        "@NAME@": name,
        "@CERTIFICATE@": str(tls / "certificate.pem"),
        "@KEY@": str(tls / "key.pem"),
        "/etc/nginx/": f"{folder}/",
        "/var/log/nginx/": f"{folder}/",
        "/opt/yiping": str(ROOT),
    }
    for here, there in places.items():
        assert here in site, here
        site = site.replace(here, there)
    return site


def nginx_command(folder: Path, sites: str) -> list[str]:
    """How to run nginx in the foreground with these `server` blocks; everything that it writes lies in `folder`."""
    scratch = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log; worker_processes 1; user root;\n"
        f"events {{ worker_connections 1024; }}\nhttp {{ include /etc/nginx/mime.types; {scratch}\n{sites}\n}}\n"
    )
    return [shutil.which("nginx") or "/usr/sbin/nginx", "-c", str(configuration), "-p", str(folder)]


@contextmanager
def nginx(folder: Path, sites: str, port: int) -> Iterator[None]:
    """nginx with these `server` blocks, which listen on `port`."""
    with subprocess.Popen(nginx_command(folder, sites), stderr=subprocess.PIPE) as program:
        try:
            _wait_for_port(port)
            yield
        except TimeoutError:
            program.kill()
            raise RuntimeError(program.stderr.read().decode() if program.stderr else "") from None
        finally:
            program.terminate()


def _wait_for_port(port: int, patience_s: float = 60) -> None:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens on {port}")


START_PATIENCE_S = 120.0
"""With ten thousand phones at the door, the first question is answered late."""


class Server:
    """`yiping serve` as a process of its own."""

    def __init__(self, data: Path, port: int, **settings: str) -> None:
        self.data = data
        self.address = f"http://127.0.0.1:{port}"
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("YIPING_")},
            "YIPING_DATA": str(data),
            "YIPING_PORT": str(port),
            "YIPING_SIMULATE": "0",
            "SCALE": "small",
            **settings,
        }
        self._log = (data / f"server-{port}.log").open("ab")
        self._program: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        self._program = subprocess.Popen(
            [sys.executable, "-m", "app", "serve"],
            cwd=ROOT,
            env=self._environment,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        client = requests.Session()
        client.trust_env = False
        deadline = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < deadline:
            try:
                if client.get(f"{self.address}/healthz", timeout=30).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
            if self._program.poll() is not None:
                break
        raise RuntimeError(f"the server did not start:\n{self.log()[-3000:]}")

    @property
    def pid(self) -> int:
        """Of the master; its worker is its child."""
        assert self._program is not None
        return self._program.pid

    def kill(self) -> None:
        """`kill -9` of the master and its worker."""
        assert self._program is not None
        os.killpg(self._program.pid, signal.SIGKILL)
        self._program.wait()

    def stop(self) -> None:
        """Stop it if it runs."""
        if self._program is not None and self._program.poll() is None:
            self._program.terminate()
            try:
                self._program.wait(timeout=6)
            except subprocess.TimeoutExpired:
                self.kill()

    def log(self) -> str:
        """What it has said."""
        return Path(self._log.name).read_text("utf-8", "replace").replace("\0", "")
