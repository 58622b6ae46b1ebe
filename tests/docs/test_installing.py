"""Nothing says to install a package of ours by its name: no index has it, so any person could take the name."""

from __future__ import annotations

import json
import re
import tomllib

import pytest

from munadi import __version__
from munadi.cli.extras import server_file, wheel_file
from scripts.dist import NODE
from tests.architecture.tree import files, report, text

WRITTEN = (".md", ".py", ".toml", ".sh", ".html", ".yml", ".po", ".ts", ".mjs", ".json", "Makefile", "Dockerfile")
# The changelog says what was; the lock files of Node have hashes that look like words.
LEFT_OUT = ("CHANGELOG.md", "package-lock.json", "tests/docs/test_installing.py")
INSTALLER = (
    r"(?:pip3?|pipx) (?:install|run)|uv (?:pip install|add|tool install|tool run)|uvx|poetry add"
    r"|npm (?:install|i|add|exec)|npx|(?:yarn|pnpm|bun) (?:add|dlx)"
)
NAMES = r"(?:munadi|munadi[-_](?:client|server|cli)|n8n-nodes-munadi)"
BY_NAME = re.compile(
    rf"\b(?:{INSTALLER})(?: [^ `|]+){{0,6}}? ['\"]?{NAMES}(?:\[[\w,]+\])?(?:[=@~<>]\S*)?(?=['\"` ),;:.|]|$)"
)
VERSIONED = re.compile(r"(?:munadi_client|munadi-server|munadi|n8n-nodes-munadi)-(\d+\.\d+\.\d+)(?:-py3|\.t)")
PAGES = [name for name in files() if name.endswith(WRITTEN) and not name.endswith(LEFT_OUT)]


def found(content: str) -> list[str]:
    """What is installed by name, also where the line is broken."""
    return [match[0] for match in BY_NAME.finditer(" ".join(content.split()))]


def test_no_page_installs_by_name_what_no_index_has() -> None:
    assert len(PAGES) > 1000
    listed = [f"{name}: {one}" for name in PAGES for one in found(text(name))]
    report(listed, "Name the file that `make dist` writes: docs/client.md.")


@pytest.mark.parametrize(
    "words",
    [
        "pip install munadi",
        "`pip install 'munadi[server]'`",
        "pip install\n'munadi[server,s3]'",
        "pip install --upgrade munadi-client==0.2.0",
        "uvx munadi",
        "npm install munadi",
        "npm i express munadi@latest.",
        "npm install --prefix ~/.n8n/nodes n8n-nodes-munadi",
    ],
)
def test_the_rule_finds(words: str) -> None:
    assert found(words)


@pytest.mark.parametrize(
    "words",
    [
        "pip install ./dist/munadi_client-0.2.0-py3-none-any.whl",
        "pip install './munadi_client-0.2.0-py3-none-any.whl[cli]'",
        "npm install ./munadi-0.2.0.tgz",
        "`npm ci` in the package `munadi`",
        "pip install .",
    ],
)
def test_the_rule_allows(words: str) -> None:
    assert found(words) == []


def test_files_are_named_with_the_version_that_they_have() -> None:
    named = {version for name in PAGES for version in VERSIONED.findall(text(name))}
    assert named == {__version__}
    assert all(VERSIONED.search(name) for name in (wheel_file(), server_file()))
    assert {json.loads(text(f"{folder}/package.json"))["version"] for folder in NODE} == {__version__}


def test_the_wheel_is_not_published_by_accident() -> None:
    assert "Private :: Do Not Upload" in tomllib.loads(text("pyproject.toml"))["project"]["classifiers"]
