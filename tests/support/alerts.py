"""The alert rules and the dashboard of deploy/, and the metrics that their expressions name."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.architecture.tree import text

RULES = "deploy/prometheus/alerts.yml"
METRIC = re.compile(r"\b(?:munadi|temporal|process|python)_[a-z_]+\b")


def rules() -> list[dict[str, Any]]:
    """Every rule."""
    return [rule for group in yaml.safe_load(text(RULES))["groups"] for rule in group["rules"]]


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression of PromQL names, labels and their values left out."""
    return set(METRIC.findall(re.sub(r"\{[^}]*\}", "", expression)))
