"""Munadi is Apache-2.0, and no dependency at run time has a licence that forbids it."""

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.tree import report, text

# Licences whose terms would apply to Munadi too. LGPL and MPL do not for a library that is only imported.
COPYLEFT = re.compile(r"(?<!L)(?<!Lesser )\b(A?GPL|GNU (Affero )?General Public|SSPL|BUSL|Commons Clause)", re.I)
OR = re.compile(r"\bOR\b")


def test_the_licence_is_apache_2() -> None:
    assert "Apache License" in text("LICENSE"), "LICENSE must hold the text of Apache-2.0."
    assert "Version 2.0, January 2004" in text("LICENSE"), "LICENSE must hold the text of Apache-2.0."
    declared = tomllib.loads(text("pyproject.toml"))["project"]
    assert declared["license"] == "Apache-2.0", "pyproject.toml must declare the licence that LICENSE holds."
    assert declared["license-files"] == ["LICENSE"]


def test_no_dependency_has_a_licence_that_applies_to_munadi() -> None:
    found = [
        f"{package.metadata['Name']}: {licence[:80]}"
        for package in _runtime()
        if COPYLEFT.search(licence := _licence(package)) and not OR.search(licence)
    ]
    report(found, "Replace the dependency, or make it optional and outside the default installation.")


def _runtime() -> list[Distribution]:
    """Every installed distribution that [project.dependencies] needs, directly or not."""
    declared = tomllib.loads(text("pyproject.toml"))["project"]["dependencies"]
    waiting = [wanted for each in declared if _applies(wanted := Requirement(each), set())]
    seen: dict[tuple[str, frozenset[str]], Distribution] = {}
    while waiting:
        wanted = waiting.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key in seen:
            continue
        try:
            seen[key] = distribution(wanted.name)
        except PackageNotFoundError:
            raise AssertionError(f"{wanted.name} is not installed: run make setup") from None
        inner = [Requirement(each) for each in seen[key].requires or []]
        waiting += [each for each in inner if _applies(each, wanted.extras)]
    return list(seen.values())


def _applies(requirement: Requirement, extras: set[str]) -> bool:
    return requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras or {""})


def _licence(package: Distribution) -> str:
    metadata = package.metadata
    expression = metadata.get("License-Expression") or ""
    classifiers = [each for each in metadata.get_all("Classifier") or [] if each.startswith("License")]
    return expression or " ".join(classifiers) or (metadata.get("License") or "")
