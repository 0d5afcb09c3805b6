"""The demo city: real where the data is real, generated inside, the same on every machine."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest
import shapely

from dashboard.codes import parent_of
from dashboard.demo.generate import DATA, district_shapes, generate
from dashboard.demo.partition import divide
from dashboard.demo.scale import SCALES
from dashboard.importing.boundaries import read_boundaries


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return generate(SCALES["small"], tmp_path_factory.mktemp("city"))._asdict()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_the_same_city_twice(files: dict[str, Path], tmp_path: Path) -> None:
    again = generate(SCALES["small"], tmp_path)._asdict()
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == hashlib.sha256(again[name].read_bytes()).hexdigest(), name


def test_its_totals(files: dict[str, Path]) -> None:
    scale = SCALES["small"]
    areas = rows(files["areas"])
    assert sum(len(area["code"]) == 18 for area in areas) == scale.micro_grids
    assert len(rows(files["units"])) == scale.units
    assert len(rows(files["video"])) == scale.video_points
    assert (SCALES["demo"].micro_grids, SCALES["demo"].units, SCALES["demo"].video_points) == (12_600, 4_400, 2_900)
    assert (SCALES["full"].micro_grids, SCALES["full"].units, SCALES["full"].video_points) == (126_000, 44_000, 29_100)


def test_real_names_and_codes_down_to_the_community(files: dict[str, Path]) -> None:
    real = {row["code"]: row["name"] for row in rows(DATA / "divisions.csv")}
    for area in rows(files["areas"]):
        if len(area["code"]) <= 12:
            assert real[area["code"]].startswith(area["name"].removesuffix("村").removesuffix("社区")), area


def test_what_is_generated_is_marked(files: dict[str, Path]) -> None:
    for code, (_, source, _n) in read_boundaries(files["boundaries"], "wgs84", {}).items():
        assert source == ("official" if len(code) <= 6 else "generated"), code


def test_children_fill_their_parent_without_overlap(files: dict[str, Path]) -> None:
    shapes = {code: shape for code, (shape, *_) in read_boundaries(files["boundaries"], "wgs84", {}).items()}
    below: dict[str, list[str]] = {}
    for code in shapes:
        below.setdefault(parent_of(code) or "", []).append(code)
    for parent, codes in below.items():
        if parent in shapes:
            assert sum(shapes[code].area for code in codes) == pytest.approx(shapes[parent].area, rel=2e-3), parent


def test_districts_touch_but_do_not_overlap() -> None:
    shapes = list(district_shapes().values())
    assert len(shapes) == 20
    union = shapely.union_all(shapes)
    assert union.area == pytest.approx(sum(shape.area for shape in shapes), rel=1e-5)


def test_dividing_gives_exactly_that_many_parts() -> None:
    shape = shapely.Polygon([(0, 0), (4, 0), (4, 1), (1, 1), (1, 4), (0, 4)])
    for parts in (1, 2, 7, 40):
        cells = divide(shape, parts, np.random.default_rng(1))
        assert len(cells) == parts
        assert shapely.union_all(cells).area == pytest.approx(shape.area, rel=1e-4)


def test_nobody_has_these_telephone_numbers(files: dict[str, Path]) -> None:
    assert all(row["phone"].startswith("100") and len(row["phone"]) == 11 for row in rows(files["units"]))
