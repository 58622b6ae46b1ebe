"""The bench's page keeps what was written by hand, its table is complete, and its comparison finds what has dropped."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import record, report
from tests.bench.plot import PANELS, plot
from tests.bench.run import ROWS
from tests.bench.short import KEYS, dropped
from tests.bench.table import figures

WHERE = {"commit": "abc1234", "date": "2026-01-01", "machine": "a test"}


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """A file with every figure of the table, `before` and `after`, on both databases."""
    file = tmp_path / "recorded.json"
    for row in ROWS:
        values = {figure.key.partition(".")[2]: 2.0 for figure in figures() if figure.row == row}
        for when in ("before", "after"):
            for database in ("sqlite", "postgresql"):
                record.save(when, database, row, values, {**WHERE, "posts": 3}, file)
    return file


def test_every_row_has_figures_and_every_figure_a_row() -> None:
    assert {figure.row for figure in figures()} == set(ROWS)
    keys = [figure.key for figure in figures()]
    assert len(keys) == len(set(keys))
    assert {key for panel in PANELS for key in panel.keys} | set(KEYS) <= set(keys)


def test_the_page_keeps_what_is_written_by_hand(recorded: Path, tmp_path: Path) -> None:
    page, picture = tmp_path / "performance.md", tmp_path / "performance.svg"
    page.write_text(f"# Performance\n\n{report.BEGIN}\nold figures\n{report.END}\n\n## Memory\n\nBy hand.\n")
    report.write(recorded, page, picture)
    written = page.read_text()
    assert written.startswith("# Performance\n")
    assert written.endswith("## Memory\n\nBy hand.\n")
    assert "old figures" not in written
    assert "abc1234" in written
    assert all(figure.label in written for figure in figures())
    report.write(recorded, page, picture)
    assert page.read_text() == written


def test_a_page_without_the_marks_is_not_overwritten(recorded: Path, tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("# Performance\n\nBy hand.\n")
    with pytest.raises(AssertionError, match="no part between the marks"):
        report.write(recorded, page, tmp_path / "performance.svg")
    assert page.read_text() == "# Performance\n\nBy hand.\n"


def test_the_page_and_picture_in_the_repository_are_of_the_recorded_figures(tmp_path: Path) -> None:
    page, picture = tmp_path / "performance.md", tmp_path / "performance.svg"
    page.write_text(report.PAGE.read_text())
    report.write(record.RECORDED, page, picture)
    assert page.read_text() == report.PAGE.read_text(), "run python -m tests.bench.report"
    assert picture.read_text() == report.PICTURE.read_text(), "run python -m tests.bench.report"


def test_the_picture_has_a_line_for_each_database_and_time(recorded: Path) -> None:
    drawn = ElementTree.fromstring(plot(record.load(recorded)))
    circles = [one for one in drawn.iter() if one.tag.endswith("circle")]
    assert len(circles) == sum(len(panel.keys) for panel in PANELS) * 4


def test_a_row_that_is_measured_again_replaces_only_itself(recorded: Path) -> None:
    before = json.loads(recorded.read_text())
    record.save("after", "sqlite", "steady", {"p50": 7}, {**WHERE, "commit": "def5678"}, recorded)
    after = json.loads(recorded.read_text())
    assert after["after"]["sqlite"].pop("steady")["figures"] == {"p50": 7}
    before["after"]["sqlite"].pop("steady")
    assert after == before


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
def test_what_is_worse_by_a_third_fails(recorded: Path, key: str, now: float, fails: bool) -> None:
    assert bool(list(dropped({key: now}, record.load(recorded)))) is fails


def test_a_figure_that_is_not_recorded_cannot_pass() -> None:
    nothing: record.Records = {"before": {}, "after": {}}
    assert list(dropped({KEYS[0]: 5.0}, nothing))
