"""The client's package has all that the client, the verifier of webhooks and every command that calls the API import.

What each imports is followed through the source, also inside functions, so that no import is missed that a test does
not reach.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from typing import Any

import grimp
import pytest
from typer.main import get_command

from munadi.cli.app import GROUPS, app
from munadi.cli.extras import CLI, ED25519, MCP, NEEDS, PACKAGE, RECEIPTS, SERVER, packages, require_for
from tests.architecture.tree import PRODUCT, text

WHOLE = tomllib.loads(text("pyproject.toml"))
PROJECT, EXTRAS = WHOLE["project"], WHOLE["project"]["optional-dependencies"]
WHEEL = WHOLE["tool"]["hatch"]["build"]["only-include"]
NAME = re.compile(r"[\w.-]+")
# Imports that run only where the extra is installed, and what says so.
GUARDED = {
    ("munadi.cli", "munadi.cli.app"),  # every command; each is followed by itself
    ("munadi.cli.channels", "munadi.cli.packaged"),  # require
    ("munadi.webhooks.signing", "munadi.webhooks.ed25519"),  # ValueError
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
    root: Any = get_command(app)
    for name, one in root.commands.items():
        leaves = {f"{name} {inner}": leaf for inner, leaf in one.commands.items()} if name in GROUPS else {name: one}
        for path, leaf in leaves.items():
            module = leaf.callback.__module__
            # A command that is one call has no function of its own: its group's first module lists it.
            found[path] = f"munadi.cli.{GROUPS[name][0]}" if module == "munadi.cli.command" else module
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


def _client() -> Iterator[tuple[str, str]]:
    yield "the client", "munadi.client"
    yield "the verifier of webhooks", "munadi.webhooks"


def _commands_over_http() -> Iterator[tuple[str, str]]:
    yield "munadi", "munadi.cli"
    yield from ((f"munadi {name}", module) for name, module in _commands().items() if _extra_of(name) is None)


def _foreign(starts: Iterator[tuple[str, str]], *brought: str) -> dict[str, list[str]]:
    """What each imports beside these distributions and those of the client."""
    allowed = _installed_by([*PROJECT["dependencies"], *brought])
    found = {what: sorted(_third_party(_reached(module)) - allowed) for what, module in starts}
    return {what: names for what, names in found.items() if names}


def test_the_client_imports_its_own_packages_alone() -> None:
    assert _foreign(_client()) == {}


def test_a_command_over_http_imports_what_its_extra_brings() -> None:
    assert len([*_commands_over_http()]) > 40
    assert _foreign(_commands_over_http(), *EXTRAS[CLI]) == {}


def test_the_server_for_ai_tools_needs_its_extra_and_no_more() -> None:
    brought = metadata.requires("mcp") or []
    assert _foreign(iter([("munadi mcp", _commands()["mcp"])]), *EXTRAS[MCP], *brought) == {}


def test_the_verifier_of_receipts_needs_its_extra_and_no_more() -> None:
    assert _foreign(iter([("munadi receipts", _commands()["receipts verify"])]), *EXTRAS[RECEIPTS]) == {}


def test_the_wheel_has_every_module_that_is_imported_and_no_folder_more() -> None:
    starts = [*_client(), *_commands_over_http(), ("munadi mcp", _commands()["mcp"])]
    reached = set[str]().union(*(_reached(module) for _what, module in starts))
    files = {name for name in WHEEL if name.endswith(".py")}
    alone = {name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in files} - {"munadi"}
    folders = {name.replace("/", ".") for name in WHEEL if name not in files} - {"munadi.py.typed"}
    ours = {name for name in reached if name.partition(".")[0] in PRODUCT} - {"munadi"}
    packed = {name for name in ours if name in alone or any(f"{name}.".startswith(f"{each}.") for each in folders)}
    assert ours - packed == set(), "add them to the wheel in pyproject.toml"
    needed = ours | {"munadi.webhooks.ed25519"}
    assert alone - needed == set()
    assert {each for each in folders if not any(f"{name}.".startswith(f"{each}.") for name in needed)} == set()


def test_every_command_that_is_said_to_need_an_extra_exists() -> None:
    commands = _commands()
    assert {name for name in NEEDS if not any(f"{each} ".startswith(f"{name} ") for each in commands)} == set()
    assert {name for name in commands if _extra_of(name) == SERVER} >= {"api", "db upgrade", "dev", "demo", "worker"}


@pytest.mark.parametrize("extra", [CLI, MCP, ED25519, RECEIPTS])
def test_the_packages_of_an_extra_are_those_of_the_project(extra: str) -> None:
    named = sorted(found[0] for line in EXTRAS[extra] if (found := NAME.match(line)))
    assert sorted(packages(extra)) == named, "run `make setup`"


def test_no_requirement_names_a_package_of_ours() -> None:
    # A name of ours is on no index: an index could answer it with a stranger's package.
    assert PROJECT["name"] == PACKAGE
    groups = [PROJECT["dependencies"], *EXTRAS.values(), *WHOLE["dependency-groups"].values()]
    assert [line for group in groups for line in group if line.startswith("munadi")] == []


def test_a_command_runs_where_all_is_installed() -> None:
    for command in _commands():
        require_for(f"munadi {command}")
