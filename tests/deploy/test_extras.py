"""`munadi[server]` brings everything that a server needs, though the tests' own packages hide what it lacks here."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Imports every module of the processes and of their commands, as an environment without the tests' packages would.
PROBE = """
import importlib, json, pkgutil, sys

class Absent:
    def __init__(self, names):
        self.names = names
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent(set(json.loads(sys.argv[1]))))
count = 0
for package in ("munadi", "workflows", "activities", "api", "worker"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if "migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            count += 1
print(count)
"""


def _brought(requirement: Requirement, found: set[tuple[str, str]]) -> None:
    """Collect the distributions that installing this one installs, as pairs of name and extra."""
    for extra in ("", *requirement.extras):
        pair = (canonicalize_name(requirement.name), extra)
        if pair in found:
            continue
        found.add(pair)
        for line in metadata.requires(requirement.name) or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                _brought(needed, found)


def _absent_without(requirement: str) -> list[str]:
    """The modules that are installed here and would not be by this requirement alone."""
    pairs: set[tuple[str, str]] = set()
    _brought(Requirement(requirement), pairs)
    names = {name for name, _extra in pairs}
    modules = metadata.packages_distributions()
    return [module for module, of in modules.items() if not {canonicalize_name(each) for each in of} & names]


def test_a_server_starts_with_what_its_extra_brings() -> None:
    absent = _absent_without("munadi[server]")
    assert {"pytest", "playwright", "s3fs"} <= set(absent)
    done = subprocess.run([sys.executable, "-c", PROBE, json.dumps(absent)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500
