"""The ports of `munadi dev`: a data folder keeps its ports, and a change is reported."""

import json
import re
from pathlib import Path

import pytest

from munadi.cli.dev.keeper import exports
from munadi.cli.dev.plan import Plan, Wishes, make_plan
from munadi.cli.dev.ports import CHOICE, Part, choose_ports, keep_ports, kept_ports
from tests.support.ports import free_port

pytestmark = pytest.mark.usefixtures("clean_environment")


def _run(folder: Path, wishes: Wishes | None = None) -> Plan:
    """Plan, and store the ports as a started stack does."""
    plan = make_plan(wishes or Wishes(folder, port=0))
    keep_ports(folder, plan.ports)
    return plan


def test_a_folder_keeps_its_ports(tmp_path: Path) -> None:
    first, again = _run(tmp_path), _run(tmp_path)
    assert again.ports == first.ports
    assert (again.sandbox_url, again.temporal_ui_url, again.api_url) == (
        first.sandbox_url,
        first.temporal_ui_url,
        first.api_url,
    )
    assert again.moved == ()


def test_ports_are_outside_the_range_of_outgoing_connections(tmp_path: Path) -> None:
    assert all(port in CHOICE for port in _run(tmp_path).ports.values())


def test_a_requested_port_is_kept_for_the_next_run(tmp_path: Path) -> None:
    wished = free_port()
    _run(tmp_path, Wishes(tmp_path, port=0, sandbox_port=wished))
    assert _run(tmp_path).sandbox_port == wished


def test_a_requested_port_may_have_belonged_to_another_part(tmp_path: Path) -> None:
    first = _run(tmp_path)
    plan = make_plan(Wishes(tmp_path, port=0, temporal_port=first.sandbox_port))
    assert len(set(plan.ports.values())) == len(plan.ports)
    assert plan.ports["Temporal"] == first.sandbox_port


def test_a_run_without_a_sandbox_keeps_its_port(tmp_path: Path) -> None:
    first = _run(tmp_path)
    assert _run(tmp_path, Wishes(tmp_path, port=0, sandbox=False)).sandbox_port is None
    assert _run(tmp_path).sandbox_port == first.sandbox_port


def test_a_lost_port_is_reported(tmp_path: Path, taken_port: int) -> None:
    keep_ports(tmp_path, {**_run(tmp_path).ports, "the sandbox": taken_port})
    plan = make_plan(Wishes(tmp_path, port=0))
    assert plan.sandbox_port != taken_port
    (message,) = plan.moved
    assert message.startswith(f"port {taken_port} is taken, so the sandbox is at port {plan.sandbox_port} now")
    assert "import again the accounts" in message


def test_leaving_the_usual_port_is_reported(taken_port: int) -> None:
    chosen = choose_ports([Part("the API", usual=taken_port)], kept={})
    assert chosen.moved == (f"port {taken_port} is taken, so the API is at port {chosen.ports['the API']} now",)


@pytest.mark.parametrize("text", ["", "[]", '{"the API": "x"}', '{"the API": null}'])
def test_a_damaged_file_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "ports.json").write_text(text)
    assert kept_ports(tmp_path) == {}
    assert _run(tmp_path).ports == json.loads((tmp_path / "ports.json").read_text())


def test_the_exports_name_every_address(tmp_path: Path) -> None:
    plan = make_plan(Wishes(tmp_path, port=0))
    lines = exports(plan, "mnd_k")
    assert re.fullmatch(r'export PATH=\S+/bin:"\$PATH"', lines[0])
    assert lines[1:] == [
        f"export MUNADI_URL={plan.api_url}",
        "export MUNADI_API_KEY=mnd_k",
        f"export SANDBOX={plan.sandbox_url}",
        f"export TEMPORAL_ADDRESS=127.0.0.1:{plan.ports['Temporal']}",
    ]
