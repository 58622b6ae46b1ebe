"""`pip install munadi` is enough for the client, for verifying webhooks and for every command that calls the API.

What each imports is followed through the source, also inside functions, so that no import is missed that a test does
not reach.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import metadata

import grimp
import pytest
import typer

from munadi.cli.app import app
from munadi.cli.extras import MCP, NEEDS, SERVER, packages, require_for
from tests.architecture.tree import PRODUCT, text

PROJECT = tomllib.loads(text("pyproject.toml"))["project"]
NAME = re.compile(r"[\w.-]+")
# Imports that run only where the extra is installed, and what says so.
GUARDED = {
    ("munadi.cli", "munadi.cli.app"),  # every command; each is followed by itself
    ("munadi.cli.channels", "munadi.cli.packaged"),  # require
    ("munadi.webhooks.signing", "munadi.webhooks.ed25519"),  # ValueError: pip install 'munadi[ed25519]'
}
# `munadi doctor` checks this machine where it has the server's packages.
GUARDED_MODULES = {"munadi.cli.doctor.here"}


@cache
def _modules() -> dict[str, set[str]]:
    """Each third-party module with the distributions that it is from."""
    found = metadata.packages_distributions()
    return {module: {_normalized(name) for name in names} for module, names in found.items()}


def _normalized(name: str) -> str:
    return name.lower().replace("_", "-")


@cache
def _imported_by(module: str) -> set[str]:
    return _graph().find_modules_directly_imported_by(module)


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(*PRODUCT, include_external_packages=True)


def _commands() -> dict[str, str]:
    """Each command, such as `contents publish`, with the module of its function."""
    found = {}

    def walk(group: typer.Typer, path: str) -> None:
        for one in group.registered_commands:
            assert one.callback is not None
            found[f"{path}{one.name}"] = one.callback.__module__
        for inner in group.registered_groups:
            assert inner.typer_instance is not None
            walk(inner.typer_instance, f"{path}{inner.typer_instance.info.name} ")

    walk(app, "")
    return found


def _extra_of(command: str) -> str | None:
    return next((extra for name, extra in NEEDS.items() if f"{command} ".startswith(f"{name} ")), None)


def _reached(start: str) -> set[str]:
    """Everything that importing and running the module imports, but what is guarded."""
    found, open_ = set[str](), [start]
    while open_:
        module = open_.pop()
        if module in found:
            continue
        found.add(module)
        if not module.startswith(tuple(f"{name}." for name in PRODUCT)) and module not in PRODUCT:
            continue
        parent = module.rpartition(".")[0]
        if parent:
            open_.append(parent)  # Python imports a package before its modules.
        if module not in GUARDED_MODULES:
            open_.extend(one for one in _imported_by(module) if (module, one) not in GUARDED)
    return found


def _installed_by(requirements: list[str]) -> set[str]:
    """The modules of these distributions."""
    names = {_normalized(found[0]) for line in requirements if (found := NAME.match(line))}
    return {module for module, of in _modules().items() if of & names}


def _third_party(modules: set[str]) -> set[str]:
    outside = {module for module in modules if module.partition(".")[0] not in PRODUCT}
    return outside & set(_modules())


def _light() -> Iterator[tuple[str, str]]:
    yield "the client", "munadi.client"
    yield "the verifier of webhooks", "munadi.webhooks"
    yield from ((f"munadi {name}", module) for name, module in _commands().items() if _extra_of(name) is None)


def test_the_client_and_the_commands_over_http_import_nothing_of_the_server() -> None:
    allowed = _installed_by(PROJECT["dependencies"])
    found = {what: sorted(_third_party(_reached(module)) - allowed) for what, module in _light()}
    assert len(found) > 40
    assert {what: names for what, names in found.items() if names} == {}
    ours = {what: sorted(each for each in _reached(module) if each in PRODUCT[1:]) for what, module in _light()}
    assert {what: names for what, names in ours.items() if names} == {}


def test_the_server_for_ai_tools_needs_its_extra_and_no_more() -> None:
    brought = metadata.requires("mcp") or []
    allowed = _installed_by([*PROJECT["dependencies"], *PROJECT["optional-dependencies"][MCP], *brought])
    assert _third_party(_reached(_commands()["mcp"])) - allowed == set()


def test_every_command_that_is_said_to_need_an_extra_exists() -> None:
    commands = _commands()
    assert {name for name in NEEDS if not any(f"{each} ".startswith(f"{name} ") for each in commands)} == set()
    assert {name for name in commands if _extra_of(name) == SERVER} >= {"api", "db upgrade", "dev", "demo", "worker"}


@pytest.mark.parametrize("extra", [SERVER, MCP])
def test_the_packages_of_an_extra_are_those_of_the_project(extra: str) -> None:
    extras = PROJECT["optional-dependencies"]
    lines = {*extras[extra], *extras[MCP]} - {f"munadi[{MCP}]"}  # which the server includes
    assert set(packages(extra)) == {found[0] for line in lines if (found := NAME.match(line))}, "run `make setup`"


def test_a_command_runs_where_all_is_installed() -> None:
    for command in _commands():
        require_for(f"munadi {command}")
