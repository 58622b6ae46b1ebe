"""docs/evidence.md shows each network by itself, so that a broken promise over one of them is not lost in a total."""

from __future__ import annotations

from typing import Any

from tests.faults.evidence import FOUND, REPORT, report
from tests.faults.trials import Trial, by_network

FINE = {"status": "published", "post_id": "1", "network_ids": ("1",)}


def trial(shape: str, **found: Any) -> Trial:
    return Trial(shape, "killed", "text", **{**FINE, **found})


def test_the_trials_of_each_network_are_counted_by_what_was_broken() -> None:
    found = by_network(
        [
            trial("x"),
            trial("x", network_ids=("1", "2")),
            trial("x", network_ids=()),
            trial("x", early=True),
            trial("x", post_id="2"),
            trial("x", trouble="no answer"),
            trial("telegram", status="unconfirmed", network_ids=()),
            trial("mastodon", status="unconfirmed"),
        ]
    )
    assert list(found) == ["mastodon", "telegram", "x"]
    assert [found["x"][name] for name in FOUND] == [6, 1, 1, 1, 2, 0]
    assert [found["telegram"][name] for name in FOUND] == [1, 0, 0, 0, 0, 1]  # no key to find it by
    assert [found["mastodon"][name] for name in FOUND] == [1, 0, 0, 0, 1, 1]


def proof(row: str, **more: Any) -> dict[str, Any]:
    known = {"row": row, "proof": f"proof {row}", "trials": 1, "failures": [], "seed": None, "measured": {}}
    return {**known, "at": "2026-11-30T21:00", "commit": "abc", "machine": "2 cores", **more}


def test_the_report_has_a_row_for_each_network() -> None:
    counted = by_network([trial("x"), trial("bluesky")])
    text = report([proof("2", networks=counted), proof("1")])
    assert "| # | proof | network | trials | doubled | lost | early | otherwise broken | unconfirmed |" in text
    assert "| 2 | proof 2 | bluesky | 1 | 0 | 0 | 0 | 0 | 0 |" in text
    assert "By network" not in report([proof("1"), proof("2", networks={})])


def test_a_run_of_some_proofs_keeps_what_is_known_of_the_others() -> None:
    earlier = report([proof("1", networks=by_network([trial("x"), trial("bluesky")])), proof("10"), proof("2")])
    again = proof("1", trials=7, networks=by_network([trial("x")]), at="2026-12-01T12:00")
    text = report([again], earlier)
    assert text == report([again, proof("2"), proof("10")])
    assert "bluesky" not in text


def test_the_stored_report_is_read_whole() -> None:
    stored = REPORT.read_text()
    assert report([], stored).splitlines() == stored.splitlines()
