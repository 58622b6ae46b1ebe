"""requirements-server.lock has all that a server needs, though the tests' own packages hide what it lacks here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from scripts.dist import SERVER
from scripts.lockfile import Pin, read_lock
from tests.architecture.tree import PRODUCT, text

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


def _pins() -> list[Pin]:
    return read_lock(text("requirements-server.lock"))


def _absent() -> list[str]:
    """The modules that are installed here, and not in a server's environment."""
    names = {canonicalize_name(pin.name) for pin in _pins() if not pin.marker or Marker(pin.marker).evaluate()}
    modules = metadata.packages_distributions()
    ours = canonicalize_name("munadi-client")
    return [module for module, of in modules.items() if not {canonicalize_name(each) for each in of} & {*names, ours}]


def test_a_server_starts_with_what_its_lock_brings() -> None:
    absent = _absent()
    assert {"pytest", "playwright", "moto"} <= set(absent)
    done = subprocess.run([sys.executable, "-c", PROBE, json.dumps(absent)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 500


def test_a_server_runs_the_versions_that_are_tested() -> None:
    assert set(_pins()) <= set(read_lock(text("requirements.lock"))), "run `make lock`"


def test_no_package_of_a_server_takes_a_name_of_ours() -> None:
    pinned = {canonicalize_name(pin.name) for pin in _pins()}
    modules = metadata.packages_distributions()
    taken = {name for name in PRODUCT if {canonicalize_name(each) for each in modules.get(name, [])} & pinned}
    assert taken == set()


def test_the_image_is_made_of_what_is_in_the_servers_file() -> None:
    steps = re.findall(r"^COPY ([a-z].*) \S+$", text("Dockerfile"), re.MULTILINE)
    copied = [source for step in steps for source in step.split()]
    assert {*PRODUCT, "docs", "requirements-server.lock", "requirements-uv.lock", "scripts/setup.sh"} == set(copied)
    assert set(copied) <= set(SERVER)
    kept = {line[1:] for line in text(".dockerignore").splitlines() if line.startswith("!")}
    assert kept == set(copied)
    assert all((name in SERVER) for name in ("docker-compose.yml", ".env.example", "Dockerfile", ".dockerignore"))
