"""The alert rules, the dashboard and the autoscaler of deploy/, and the metrics that their expressions name."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from tests.architecture.tree import text

RULES = "deploy/prometheus/alerts.yml"
DASHBOARD = "deploy/grafana/munadi.json"
SCALERS = "deploy/kubernetes/overlays/autoscaling/worker-autoscaler.yaml"
METRIC = re.compile(r"\b(?:munadi|temporal|process|python)_[a-z_]+\b")


def rules() -> list[dict[str, Any]]:
    """Every rule."""
    return [rule for group in yaml.safe_load(text(RULES))["groups"] for rule in group["rules"]]


def scalers() -> list[str]:
    """The expressions by which the number of workers is decided in Kubernetes."""
    triggers = yaml.safe_load(text(SCALERS))["spec"]["triggers"]
    return [trigger["metadata"]["query"] for trigger in triggers if trigger["type"] == "prometheus"]


def panels() -> dict[str, list[str]]:
    """The expressions of each panel of the dashboard, by its title, with what Grafana fills in."""
    found = {
        panel["title"]: [_filled(target["expr"]) for target in panel["targets"]]
        for panel in json.loads(text(DASHBOARD))["panels"]
        if panel["type"] != "row"
    }
    assert found
    return found


def _filled(expression: str) -> str:
    return expression.replace("$__rate_interval", "1m").replace("$__range", "5m")


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression of PromQL names, labels and their values left out."""
    return set(METRIC.findall(re.sub(r"\{[^}]*\}", "", expression)))
