"""The other files of deploy/, and the page that uses them, name what there is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import requests
import yaml

from dashboard.settings import DOCUMENTED, from_environment
from datasources.keyring import new_secret
from tests.conftest import Running
from tests.operations.page import Block, blocks

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PAGE = (ROOT / "docs/operations.md").read_text("utf-8")


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.section}, line {block.line}")
def test_each_block_of_the_page_is_shell(block: Block) -> None:
    checked = subprocess.run(["bash", "-n"], input=block.script, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


def test_the_page_has_the_blocks_that_an_installation_needs() -> None:
    sections = " ".join(block.section for block in blocks())
    for word in ("database", "Settings", "workers", "nginx", "Backups", "Upgrading", "New keys"):
        assert word in sections


def test_the_page_and_the_folder_name_the_same_files() -> None:
    named = {name.rstrip(".*") for name in re.findall(r"deploy/([\w@.*-]+)", PAGE)}
    for file in DEPLOY.iterdir():
        assert any(file.name.startswith(name) for name in named), file.name
    for name in named:
        assert any(file.name.startswith(name) for file in DEPLOY.iterdir()), name


def test_the_settings_of_the_example_are_good(tmp_path: Path) -> None:
    text = (DEPLOY / "yiping.env.example").read_text("utf-8")
    text = text.replace("@DATA_KEY@", new_secret()).replace("@TILE_SECRET@", "t" * 48).replace("@DATABASE_PASSWORD@", "d" * 48)
    assert "@" not in text.replace("@127.0.0.1", "")
    given = dict(line.split("=", 1) for line in text.splitlines() if line and not line.startswith("#"))
    settings = from_environment({**given, "YIPING_DATA": str(tmp_path)})
    assert settings.second_factor == {"admin"}
    assert settings.trusted_proxies == 1


def test_the_compose_file_sets_settings_that_there_are() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    assert {"postgres", "redis", "migrate", "worker-1", "worker-2", "nginx"} == set(services)
    for name in ("migrate", "worker-1", "worker-2"):
        assert set(services[name]["environment"]) <= set(DOCUMENTED)
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert other in services, (name, other)
    assert services["nginx"]["environment"]["WORKERS"].split() == ["worker-1:8051", "worker-2:8051"]


def test_the_dashboard_reads_figures_that_the_server_gives(running: Running) -> None:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {running.token('admin')}"
    figures = session.get(f"{running.server.address}/metrics", timeout=60).text
    panels = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))["panels"]
    wanted = set(re.findall(r"\b(?:yiping|process)_\w+", " ".join(target["expr"] for panel in panels for target in panel["targets"])))
    assert len(wanted) > 8
    assert {name for name in wanted if not re.search(rf"^(# TYPE )?{name.removesuffix('_bucket')}\b", figures, re.MULTILINE)} == set()
    assert [panel["id"] for panel in panels] == list(range(1, len(panels) + 1))


@pytest.mark.parametrize("unit", ["yiping@.service", "yiping-backup.service", "yiping-audit.service"])
def test_the_units_are_closed_as_far_as_the_page_says(unit: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed here")
    file = tmp_path / unit.replace("@", "@8051")
    file.write_text((DEPLOY / unit).read_text("utf-8"))
    told = subprocess.run(["systemd-analyze", "security", "--offline=true", file], capture_output=True, text=True, check=False).stdout
    level = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert level is not None, told
    assert float(level[1]) < 2.5, told
    assert "MemoryMax=" in file.read_text()


def test_containers_can_do_no_more_than_they_need() -> None:
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["mem_limit"], name
    networks = {name: set(service["networks"]) for name, service in compose["services"].items()}
    assert networks["nginx"] == {"front"}, "nginx reaches the workers only"
    assert networks["postgres"] == networks["redis"] == {"inside"}
    assert compose["networks"]["inside"]["internal"] is True
    assert "PASSWORD" in compose["services"]["worker-1"]["environment"]["YIPING_REDIS_URL"]
