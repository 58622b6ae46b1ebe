"""Redocly, an independent linter of OpenAPI documents, with its strict rules (redocly.yaml)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from api.app import create_app
from munadi.config import Settings
from tests.support.node import install_packages

HERE = Path(__file__).parent
LINTER = HERE / "node_modules" / ".bin" / "redocly"
# It would otherwise report its use, and ask for newer versions of itself.
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}


# Its validator wants each member of a union to name its values of `type`. One stands for those that a newer server may
# send, without which clients that are generated for Python would refuse a whole page of the log.
OPEN_UNION = 'discriminator: "properties/type" must have "const" or "enum"'


@pytest.fixture(scope="module")
def document() -> str:
    """The document as the API serves it."""
    return json.dumps(create_app(Settings()).openapi())


def lint(document: str, folder: Path) -> list[dict[str, Any]]:
    """Every finding of the linter."""
    install_packages(HERE)
    file = folder / "openapi.json"
    file.write_text(document)
    options = ["--config", str(HERE / "redocly.yaml"), "--format", "json", "--max-problems", "1000"]
    command = [str(LINTER), "lint", str(file), *options]
    environment = {**os.environ, **QUIET}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
    found: dict[str, Any] = json.loads(done.stdout)
    assert (done.returncode == 0) == (not found["problems"]), done.stderr
    problems: list[dict[str, Any]] = found["problems"]
    return problems


def test_the_linter_finds_nothing(document: str, tmp_path: Path) -> None:
    found = [f"{each['location'][0].get('pointer')}: {each['message']}" for each in lint(document, tmp_path)]
    assert [each for each in found if OPEN_UNION not in each] == []


def test_the_linter_sees_an_example_that_breaks_its_schema(document: str, tmp_path: Path) -> None:
    broken = document.replace('"publicationsPerMonth": 1000', '"publicationsPerMonth": "many"', 1)
    assert {each["ruleId"] for each in lint(broken, tmp_path)} == {"no-invalid-media-type-examples"}
