"""docs/sandbox.md is the reference of the sandbox: it names everything that exists, and nothing else."""

import re
from pathlib import Path

import pytest

from munadi.sandbox import SandboxState
from munadi.sandbox.control import control_router
from munadi.sandbox.faults import FaultMode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sandbox.md").read_text()
NAMED = set(re.findall(r"`([^`\n]+)`", PAGE))
STATE = SandboxState()


def test_every_default_profile_has_its_row() -> None:
    for network in STATE.networks.values():
        for profile in network.profiles():
            assert {profile.id, profile.name} <= NAMED, network.channel


def test_every_credential_is_one_that_works() -> None:
    source = "".join(file.read_text() for file in (ROOT / "munadi" / "sandbox").rglob("*.py"))
    rows = [line.split("|")[-2] for line in PAGE.splitlines() if re.match(r"\| [\w ]+ \| `@?munadi[ ._-]", line, re.I)]
    named = [name for row in rows for name in re.findall(r"`([^`]+)`", row)]
    # Of an address that is a credential, the last part.
    secrets = {found[1] for name in named if (found := re.fullmatch(r"(?:…/.*/)?(.{20,}|sand-.+)", name))}
    assert len(rows) == len(STATE.networks)
    assert secrets
    assert all(f'"{secret}"' in source for secret in secrets)


def test_every_control_call_is_there() -> None:
    calls = {
        f"{method} {path.removeprefix('/control').replace('fault_id', 'id')}"
        for route in control_router(STATE, None).routes
        for path in [getattr(route, "path", "")]
        for method in getattr(route, "methods", ())
    }
    named = {name.split("?")[0] for name in NAMED if re.match(r"[A-Z]+ /", name)}
    assert named == calls


def test_every_mode_and_status_is_there() -> None:
    assert {mode.value for mode in FaultMode} <= NAMED
    for network in STATE.networks.values():
        assert network.statuses <= NAMED


@pytest.mark.parametrize("channel", sorted(STATE.networks))
def test_the_operations_named_exist(channel: str) -> None:
    (row,) = [line for line in PAGE.splitlines() if line.startswith(f"| {STATE.networks[channel].title} | `{{")]
    named = set(re.findall(r"`([\w.]+)`", row.split("|")[3]))
    assert named
    assert named <= STATE.networks[channel].operation_names()
