"""Every dependency has a reason, every pin has hashes, and what is pinned can be listed and audited."""

from __future__ import annotations

import re
import tomllib
from itertools import chain

import pytest

from scripts.audit import audit
from scripts.lockfile import read_lock
from scripts.sbom import sbom
from tests.architecture.tree import report, text

_REQUIREMENT = re.compile(r'^    "(?P<name>[a-z0-9-]+)[^"]*",?(?P<reason>\s+# .+)?$')


def _declared() -> list[str]:
    project = tomllib.loads(text("pyproject.toml"))
    groups = [*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()]
    return [*project["project"]["dependencies"], *chain(*groups)]


def test_every_dependency_has_its_reason_beside_it() -> None:
    lines = text("pyproject.toml").partition("\n[tool.hatch")[0].splitlines()
    read = [(number, one) for number, line in enumerate(lines, 1) if (one := _REQUIREMENT.match(line))]
    assert len(read) == len(_declared())
    found = [f"pyproject.toml:{number} {one['name']}" for number, one in read if not one["reason"]]
    report(found, "Write behind it, as a comment, what it is for; without a reason, remove it.")


def test_every_dependency_is_pinned_with_hashes() -> None:
    pins = read_lock(text("requirements.lock"))
    assert len(pins) > 100
    assert [pin.name for pin in pins if not pin.hashes] == []
    names = {re.split(r"[\[<>=~! ;]", one, maxsplit=1)[0].lower() for one in _declared()}
    assert names - {pin.name for pin in pins} == set(), "run `make lock` and commit requirements.lock"


def test_a_line_that_pins_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="line 1"):
        read_lock("left-pad @ https://example.com/x.whl\n")


def test_the_bill_of_materials_names_every_pin() -> None:
    pins = read_lock(text("requirements.lock"))
    made = sbom(pins, "munadi", "1.0")
    assert made == sbom(pins, "munadi", "1.0"), "it is equal on every machine"
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    references = [component["bom-ref"] for component in made["components"]]
    assert len(references) == len(set(references)) == len(pins)
    assert {pin.version for pin in pins if pin.name == "fastapi"} == {
        one["version"] for one in made["components"] if one["name"] == "fastapi"
    }
    assert made["dependencies"][0]["dependsOn"] == references


def test_an_audit_that_cannot_run_does_not_pass(capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[list[str]] = []

    def run(command: list[str]) -> int:
        ran.append(command)
        return 3

    assert audit(lambda: False, run) == 2
    assert "NOTHING WAS CHECKED" in capsys.readouterr().err
    assert ran == []
    assert audit(lambda: True, run) == 1
    assert audit(lambda: True, lambda _command: 0) == 0
    assert "requirements.lock" in ran[0]
