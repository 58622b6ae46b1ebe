"""What `munadi dev` starts: configured parts are used, the others are started. A data folder keeps its ports."""

from __future__ import annotations

import fcntl
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from munadi.cli.dev.plan import Plan, PlanOptions, make_plan
from munadi.cli.dev.ports import CHOICE, NEVER_CALLED, Part, _locks, choose_ports, keep_ports, kept_ports
from munadi.cli.dev.supervisor import exports
from munadi.config import Settings
from munadi.process.exits import CommandFailed
from munadi.sandbox.state import NETWORKS
from tests.support.ports import free_port
from tests.support.temporal import SEARCH_ATTRIBUTES

pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.fixture(autouse=True)
def released_ports() -> Iterator[None]:
    """Ports that a plan chose stay locked until its process ends. Here that is the end of all tests."""
    yield
    fcntl.lockf(_locks(), fcntl.LOCK_UN)


def plan_in(folder: Path, **wishes: Any) -> Plan:
    """The plan for a data folder, with any free port for the API."""
    return make_plan(PlanOptions(folder, **({"port": 0} | wishes)))


def run_in(folder: Path, **wishes: Any) -> Plan:
    """Plan, and store the ports as a started stack does."""
    plan = plan_in(folder, **wishes)
    keep_ports(folder, plan.ports)
    return plan


def setting(channel: str, name: str) -> str:
    return f"MUNADI_CHANNELS__{channel.upper()}__{name}"


def test_by_default_every_part_is_started(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    assert plan.temporal_argv is not None
    assert plan.sandbox_url is not None
    assert plan.env["MUNADI_DATA_DIR"] == str(tmp_path)
    assert plan.env["MUNADI_PUBLIC_URL"] == plan.api_url
    own = {network.channel for network in NETWORKS if not network.hosts}
    assert own == {"mastodon"}, "its accounts name their servers; of every other network the sandbox lists the hosts"
    for network in NETWORKS:
        for role, path in network.hosts.items():
            host = plan.env[setting(network.channel, f"HOSTS__{role}")]
            assert host == f"{plan.sandbox_url}/{network.channel}/{path}"


def test_the_processes_read_the_plan_from_their_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_in(tmp_path)
    for name, value in plan.env.items():
        monkeypatch.setenv(name, value)
    read = Settings()
    assert (read.base_url, read.api.port) == (plan.api_url, plan.api_port)
    assert (read.temporal.address, read.temporal.namespace) == (plan.temporal_address, plan.temporal_namespace)
    assert Plan.read(plan.as_json(), plan.env) == plan
    assert (read.temporal.ui_url or "").startswith("http://127.0.0.1:")
    assert read.temporal.ui_url == plan.temporal_ui_url
    assert read.channels["bluesky"]["hosts"]["entryway"] == f"{plan.sandbox_url}/bluesky/entryway"


def test_temporals_metrics_leave_a_port_that_browsers_call(tmp_path: Path) -> None:
    """One that was chosen before there was a choice. Where no other is free, it is an ordinary one again."""
    part = Part("metrics", among=NEVER_CALLED)
    [port] = choose_ports([part], {"metrics": CHOICE[0]}).ports.values()
    assert port in NEVER_CALLED
    [taken] = choose_ports([Part("metrics", among=())], {}).ports.values()
    assert taken in CHOICE


def test_the_embedded_temporal_has_the_flags_of_the_tests(tmp_path: Path) -> None:
    argv = plan_in(tmp_path).temporal_argv or ()
    text = " ".join(argv)
    fair = ("matching.enableFairness=true", "matching.numTaskqueueWritePartitions=1")
    for flag in ("journal_mode=WAL", "synchronous=NORMAL", *fair, "--ip 127.0.0.1"):
        assert flag in text
    for name, kind in SEARCH_ATTRIBUTES.items():
        assert f"--search-attribute {name}={kind}" in text
    assert f"--db-filename {tmp_path / 'temporal.db'}" in text
    assert "--headless" not in argv


def test_a_configured_temporal_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_TEMPORAL__ADDRESS", "temporal.example:7233")
    plan = plan_in(tmp_path)
    assert (plan.temporal_argv, plan.temporal_ui_url) == (None, None)
    assert plan.env["MUNADI_TEMPORAL__ADDRESS"] == "temporal.example:7233"
    monkeypatch.setenv("MUNADI_TEMPORAL__UI_URL", "https://temporal.example")
    assert plan_in(tmp_path).temporal_ui_url == "https://temporal.example"


def test_a_channel_with_its_own_hosts_does_not_use_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = setting("bluesky", "HOSTS__ENTRYWAY")
    monkeypatch.setenv(own, "http://127.0.0.1:9999")
    env = plan_in(tmp_path).env
    assert [name for name in env if name.startswith(setting("bluesky", ""))] == [own]
    assert env[own] == "http://127.0.0.1:9999"
    assert setting("instagram", "HOSTS__GRAPH") in env


def test_a_channel_at_the_sandbox_has_an_app_to_refresh_tokens_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting("tiktok", "CLIENT_ID"), "mine")
    monkeypatch.setenv(setting("youtube", "CLIENT_SECRET").lower(), "mine too")
    for name, value in plan_in(tmp_path).env.items():
        monkeypatch.setenv(name, value)
    channels = Settings().channels
    assert "client_id" not in channels["bluesky"], "Bluesky has no app registration"
    named = [network.channel for network in NETWORKS if network.app_credentials]
    apps = {name: (channels[name]["client_id"], channels[name]["client_secret"]) for name in named}
    assert apps.pop("tiktok") == ("mine", "sandbox")
    assert apps.pop("youtube") == ("sandbox", "mine too")
    assert (len(apps), set(apps.values())) == (len(named) - 2, {("sandbox", "sandbox")})
    for network in NETWORKS:
        if not network.hosts:
            continue
        assert set(network.app_credentials) <= set(channels[network.channel])
    assert channels["instagram"]["fb_client_secret"] == "sandbox"
    assert channels["instagram"]["hosts"]["fb_auth"].endswith("/instagram/fbwww")


def test_no_sandbox_is_started_when_it_is_switched_off_or_not_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_in(tmp_path, sandbox=False)
    assert plan.sandbox_url is None
    assert not [name for name in plan.env if name.startswith("MUNADI_CHANNELS__")]
    for network in NETWORKS:
        monkeypatch.setenv(setting(network.channel, "HOSTS__GRAPH"), "http://127.0.0.1:9999")
    assert plan_in(tmp_path).sandbox_url is None


def test_configured_ports_and_addresses_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, wished = free_port(), free_port()
    monkeypatch.setenv("MUNADI_API__PORT", str(port))
    monkeypatch.setenv("MUNADI_PUBLIC_URL", "https://munadi.example")
    assert [plan_in(tmp_path, port=each).api_port for each in (None, wished)] == [port, wished]
    assert plan_in(tmp_path, port=None).env["MUNADI_PUBLIC_URL"] == "https://munadi.example"
    monkeypatch.setenv("MUNADI_API__HOST", "0.0.0.0")
    assert plan_in(tmp_path, port=None).api_url == f"http://127.0.0.1:{port}"


def test_production_gets_no_generated_public_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_ENVIRONMENT", "production")
    assert "MUNADI_PUBLIC_URL" not in plan_in(tmp_path).env


@pytest.mark.parametrize("part", ["port", "sandbox_port"])
def test_a_requested_port_that_is_taken_is_refused(tmp_path: Path, taken_port: int, part: str) -> None:
    with pytest.raises(CommandFailed, match=f"port {taken_port} is taken"):
        plan_in(tmp_path, **{part: taken_port})


def test_all_ports_differ_and_are_outside_the_range_of_outgoing_connections(tmp_path: Path) -> None:
    plan = run_in(tmp_path)
    ports = [plan.api_port, plan.sandbox_port, *(int(part) for part in plan.temporal_argv or () if part.isdigit())]
    assert len(ports) == len(set(ports)) == 6
    assert all(port in CHOICE or port in NEVER_CALLED for port in plan.ports.values())


# A folder keeps its ports.


def test_a_folder_keeps_its_ports_and_addresses(tmp_path: Path) -> None:
    first, again = run_in(tmp_path), run_in(tmp_path)
    assert (again.ports, again.moved) == (first.ports, ())
    assert (again.sandbox_url, again.temporal_ui_url) == (first.sandbox_url, first.temporal_ui_url)
    assert again.api_url == first.api_url
    assert run_in(tmp_path, sandbox=False).sandbox_port is None
    assert run_in(tmp_path).sandbox_port == first.sandbox_port


def test_a_requested_port_is_kept_for_the_next_run(tmp_path: Path) -> None:
    wished = free_port()
    run_in(tmp_path, sandbox_port=wished)
    assert run_in(tmp_path).sandbox_port == wished


def test_a_requested_port_may_be_the_former_port_of_another_part(tmp_path: Path) -> None:
    first = run_in(tmp_path)
    plan = plan_in(tmp_path, temporal_port=first.sandbox_port)
    assert len(set(plan.ports.values())) == len(plan.ports)
    assert plan.ports["Temporal"] == first.sandbox_port


def test_a_change_of_a_port_is_reported(tmp_path: Path, taken_port: int) -> None:
    keep_ports(tmp_path, {**run_in(tmp_path).ports, "the sandbox": taken_port})
    plan = plan_in(tmp_path)
    assert plan.sandbox_port != taken_port
    (message,) = plan.moved
    assert message.startswith(f"port {taken_port} is taken, so the sandbox is at port {plan.sandbox_port} now")
    assert "import again the accounts" in message
    chosen = choose_ports([Part("the API", usual=taken_port)], kept={})
    assert chosen.moved == (f"port {taken_port} is taken, so the API is at port {chosen.ports['the API']} now",)


@pytest.mark.parametrize("text", ["", "[]", '{"the API": "x"}', '{"the API": null}'])
def test_a_damaged_file_of_ports_is_ignored(tmp_path: Path, text: str) -> None:
    (tmp_path / "ports.json").write_text(text)
    assert kept_ports(tmp_path) == {}
    assert run_in(tmp_path).ports == json.loads((tmp_path / "ports.json").read_text())


def test_the_exports_name_every_address(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    path, *others = exports(plan, "mnd_k")
    assert re.fullmatch(r'export PATH=\S+/bin:"\$PATH"', path)
    assert others == [
        f"export MUNADI_URL={plan.api_url}",
        "export MUNADI_API_KEY=mnd_k",
        f"export SANDBOX={plan.sandbox_url}",
        f"export TEMPORAL_ADDRESS=127.0.0.1:{plan.ports['Temporal']}",
    ]


CHOOSER = """
import os, sys
from munadi.cli.dev.ports import Part, choose_ports
print(choose_ports([Part("the API", usual=int(sys.argv[1]))], {}).ports["the API"], flush=True)
if len(sys.argv) > 2:
    os.execv(sys.executable, [sys.executable, "-c", "print(flush=True); input()"])
input()
"""


@pytest.mark.parametrize("replaced", [False, True], ids=["by the chooser", "by the program that takes its place"])
def test_a_port_that_another_stack_has_chosen_is_taken_before_anything_listens(replaced: bool) -> None:
    usual = free_port()
    argv = [sys.executable, "-c", CHOOSER, str(usual), *(["replace"] if replaced else [])]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert int(other.stdout.readline()) == usual
        if replaced:
            other.stdout.readline()
        assert choose_ports([Part("the API", usual=usual)], {}).ports["the API"] != usual
        with pytest.raises(CommandFailed, match=f"port {usual} is taken"):
            choose_ports([Part("the API", wished=usual)], {})
        other.stdin.write("\n")
        other.stdin.close()
        other.wait(10)
    assert choose_ports([Part("the API", usual=usual)], {}).ports["the API"] == usual
