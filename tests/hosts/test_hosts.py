"""The short form: two hosts of workers behind nginx, and the four faults that must be borne every day."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.network import possible
from tests.hosts.trial import SHORT, Trial

pytestmark = [pytest.mark.postgres, pytest.mark.redis]


@pytest.mark.skipif(not possible(), reason="network namespaces can be made by root only")
def test_nothing_is_lost_and_no_screen_stays_behind_whatever_part_goes(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):  # PostgreSQL runs as another user, who must come to its disk
        if folder == Path("/tmp"):
            break
        folder.chmod(folder.stat().st_mode | 0o011)
    with Trial(tmp_path) as trial:
        report = trial.run(list(SHORT), seed=1)
    print(report)
    assert report.clean, str(report)
    assert report.audit.answers > 0
    assert max(report.oldest.values()) > 1
