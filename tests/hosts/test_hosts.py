"""The short form: two hosts of workers behind nginx, and the four faults that must be borne every day."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.hosts.network import possible
from tests.hosts.trial import SHORT, Trial

pytestmark = [pytest.mark.postgres, pytest.mark.redis]


@pytest.mark.skipif(not possible(), reason="network namespaces can be made by root only")
def test_nothing_is_lost_and_no_screen_stays_behind_whatever_part_goes() -> None:
    # not in pytest's folder: PostgreSQL runs as another user, who must come to its disk whatever another run does to that folder
    with tempfile.TemporaryDirectory(prefix="yiping-hosts-") as folder:
        Path(folder).chmod(0o711)
        with Trial(Path(folder)) as trial:
            report = trial.run(list(SHORT), seed=1)
    print(report)
    assert report.clean, str(report)
    assert report.audit.answers > 0
    assert max(report.oldest.values()) > 1
