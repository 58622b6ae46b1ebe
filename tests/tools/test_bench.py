"""The bench finds early, doubled and lost posts and what has become slower; its page in the repository is current."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.harness.stack import Stack
from tools.bench import record, report
from tools.bench.load import Load
from tools.bench.posts import Created, published
from tools.bench.run import ROWS
from tools.bench.short import KEYS, dropped
from tools.bench.system import ROOT, Bench, System
from tools.bench.table import figures

DUE = 1_000.5
WHERE = {"commit": "abc1234", "date": "2026-01-01", "machine": "a test"}


def _system(tmp_path: Path, posts: list[dict[str, str]]) -> System:
    """A system whose network lists these posts."""
    network = httpx.MockTransport(lambda _: httpx.Response(200, json=posts))
    sandbox = httpx.AsyncClient(transport=network, base_url="http://127.0.0.1")
    stack = Stack(tmp_path, munadi=ROOT / ".venv/bin/munadi")
    return System(Bench("sqlite", ROOT, tmp_path), stack, tmp_path, sandbox, sandbox, "", None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("times", "fault"),
    [
        (["00:16:40.500"], None),
        (["00:16:40.499"], "early"),
        (["00:16:41.000", "00:16:42.000"], "doubled"),
        ([], "lost"),
    ],
)
async def test_early_doubled_and_lost_posts_are_found(tmp_path: Path, times: list[str], fault: str | None) -> None:
    system = _system(tmp_path, [{"text": "a", "createdAt": f"1970-01-01T{time}+00:00"} for time in times])
    late = await published(system, None, Created(Load(1, [1]), {"a": DUE}, ["bluesky"], []))
    assert [found.partition(":")[0] for found in system.bench.tally.faults] == ([fault] if fault else [])
    assert system.bench.tally.posts == 1
    assert late.keys() == ({"a"} if times else set())


def test_a_page_keeps_what_is_written_by_hand(tmp_path: Path) -> None:
    page, picture = tmp_path / "performance.md", tmp_path / "performance.svg"
    page.write_text(f"# Performance\n\n{report.BEGIN}\nold figures\n{report.END}\n\n## Memory\n\nBy hand.\n")
    report.write(record.RECORDED, page, picture)
    written = page.read_text()
    assert (written[:14], written[-9:]) == ("# Performance\n", "By hand.\n")
    assert "old figures" not in written
    page.write_text("# Performance\n\nBy hand.\n")
    with pytest.raises(AssertionError, match="no part between the marks"):
        report.write(record.RECORDED, page, picture)


def test_the_page_and_picture_in_the_repository_are_of_the_recorded_figures(tmp_path: Path) -> None:
    page, picture = tmp_path / "performance.md", tmp_path / "performance.svg"
    page.write_text(report.PAGE.read_text())
    report.write(record.RECORDED, page, picture)
    assert page.read_text() == report.PAGE.read_text(), "run python -m tools.bench.report"
    assert picture.read_text() == report.PICTURE.read_text(), "run python -m tools.bench.report"


@pytest.mark.parametrize(
    ("key", "now", "fails"),
    [
        ("publish.three.x4.ratio", 1.4, False),
        ("publish.three.x4.ratio", 1.3, True),
        ("read.x4.ratio", 1.3, True),
        ("read.x4.ratio", 9.0, False),
        ("noisy.quiet.p95", 2.9, False),
        ("noisy.quiet.p95", 3.1, True),
    ],
)
def test_what_is_worse_by_a_third_fails(tmp_path: Path, key: str, now: float, fails: bool) -> None:
    recorded = tmp_path / "recorded.json"
    for row in ROWS:
        values = {figure.key.partition(".")[2]: 2.0 for figure in figures() if figure.row == row}
        for database in ("sqlite", "postgresql"):
            record.save("after", database, row, values, {**WHERE, "posts": 3}, recorded)
    assert bool(list(dropped({key: now}, record.load(recorded)))) is fails


def test_a_figure_that_is_not_recorded_cannot_pass() -> None:
    nothing: record.Records = {"before": {}, "after": {}}
    assert list(dropped({KEYS[0]: 5.0}, nothing))
