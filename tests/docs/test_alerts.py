"""The alerts of the production guide: each expression is about metrics that exist, and their absence is an alert."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "guides" / "production.md").read_text()
SOURCE = "".join((ROOT / "api" / "process" / "metrics.py").read_text().split())
METRIC = re.compile(r"munadi_[a-z_]+")


def rules() -> list[dict[str, Any]]:
    [block] = [text for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL) if "alert:" in text]
    [group] = yaml.safe_load(block)["groups"]
    return list(group["rules"])


def test_each_alert_is_about_metrics_that_exist() -> None:
    by_status = {f"munadi_{what}" for what in ("publications", "accounts", "deliveries")}
    for rule in rules():
        for name in METRIC.findall(rule["expr"]):
            base = name.removesuffix("_bucket")
            assert base in by_status or f'"{base}"' in SOURCE, name


def test_the_absence_of_what_is_overdue_is_an_alert() -> None:
    """A figure that is too old is left out, so a rule on its value alone would stay silent."""
    expressions = " ".join(rule["expr"] for rule in rules())
    assert "absent(munadi_contents_overdue)" in expressions
    assert "munadi_figure_age_seconds" in expressions
