"""The alert rules of deploy/prometheus: each has a runbook, and the absence of what counts posts is an alert.

`tests/e2e/test_monitoring.py` compares their metrics with what real processes show.
"""

from __future__ import annotations

import re

from tests.architecture.tree import report, text
from tests.support.alerts import rules

PAGE = text("docs/guides/monitoring.md")


def test_each_alert_has_a_runbook() -> None:
    sections = set(re.findall(r"^### (\w+)\n\S", PAGE, re.MULTILINE))
    alerts = {rule["alert"] for rule in rules()}
    report(
        sorted(alerts ^ sections),
        "Give each alert a section of docs/guides/monitoring.md.",
    )
    for rule in rules():
        assert rule["annotations"]["runbook"] == f"docs/guides/monitoring.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_the_absence_of_what_is_overdue_is_an_alert() -> None:
    """A figure that is too old is left out, so a rule on its value alone would stay silent."""
    expressions = " ".join(rule["expr"] for rule in rules())
    assert "absent(munadi_contents_overdue)" in expressions
    assert "munadi_figure_age_seconds" in expressions
