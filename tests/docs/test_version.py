"""One version everywhere: what is built, what it reports, and what the changelog calls the newest."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from api.app import VERSION
from munadi import __version__
from scripts.dist import NODE
from tests.architecture.tree import text


@pytest.mark.parametrize("folder", NODE)
def test_the_npm_packages_have_it(folder: str) -> None:
    lock = json.loads(text(f"{folder}/package-lock.json"))
    found = {json.loads(text(f"{folder}/package.json"))["version"], lock["version"], lock["packages"][""]["version"]}
    assert found == {__version__}


def test_the_api_reports_it() -> None:
    assert json.loads(text("docs/reference/openapi.json"))["info"]["version"] == VERSION == __version__


def test_the_manifests_run_it() -> None:
    (image,) = yaml.safe_load(text("deploy/kubernetes/base/kustomization.yaml"))["images"]
    assert image["newTag"] == __version__


def test_the_changelog_knows_it() -> None:
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", text("CHANGELOG.md"), re.MULTILINE)
    assert released[0] == __version__
