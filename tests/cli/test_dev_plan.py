"""What `munadi dev` starts: configured parts are used, and it starts the others itself."""

from pathlib import Path

import pytest

from munadi.cli.dev.plan import Plan, Wishes, make_plan
from munadi.cli.exits import CommandFailed
from munadi.config import Settings
from munadi.sandbox.state import NETWORKS
from tests.support.ports import free_port
from tests.support.temporal import SEARCH_ATTRIBUTES

pytestmark = pytest.mark.usefixtures("clean_environment")


def test_by_default_every_part_is_started(tmp_path: Path) -> None:
    plan = make_plan(Wishes(tmp_path, port=0))
    assert plan.temporal_argv is not None
    assert plan.sandbox_url is not None
    assert plan.env["MUNADI_DATA_DIR"] == str(tmp_path)
    assert plan.env["MUNADI_PUBLIC_URL"] == plan.api_url
    for network in NETWORKS:
        assert network.hosts, "the sandbox says where its hosts are"
        for role, path in network.hosts.items():
            setting = f"MUNADI_CHANNELS__{network.channel.upper()}__HOSTS__{role}"
            assert plan.env[setting] == f"{plan.sandbox_url}/{network.channel}/{path}"


def test_the_processes_read_the_plan_from_their_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(Wishes(tmp_path, port=0))
    for name, value in plan.env.items():
        monkeypatch.setenv(name, value)
    read = Settings()
    assert read.base_url == plan.api_url
    assert read.api.port == plan.api_port
    assert (read.temporal.address, read.temporal.namespace) == (plan.temporal_address, plan.temporal_namespace)
    assert Plan.read(plan.as_json(), plan.env) == plan
    assert (read.temporal.ui_url or "").startswith("http://127.0.0.1:")
    assert read.temporal.ui_url == plan.temporal_ui_url
    assert read.channels["bluesky"]["hosts"]["entryway"] == f"{plan.sandbox_url}/bluesky/entryway"


def test_the_embedded_temporal_has_the_flags_that_tests_use(tmp_path: Path) -> None:
    argv = make_plan(Wishes(tmp_path, port=0)).temporal_argv or ()
    text = " ".join(argv)
    for flag in ("journal_mode=WAL", "synchronous=NORMAL", "matching.enableFairness=true", "--ip 127.0.0.1"):
        assert flag in text
    for name, kind in SEARCH_ATTRIBUTES.items():
        assert f"--search-attribute {name}={kind}" in text
    assert f"--db-filename {tmp_path / 'temporal.db'}" in text
    assert "--headless" not in argv


def test_a_configured_temporal_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_TEMPORAL__ADDRESS", "temporal.example:7233")
    plan = make_plan(Wishes(tmp_path, port=0))
    assert plan.temporal_argv is None
    assert plan.temporal_ui_url is None
    assert plan.env["MUNADI_TEMPORAL__ADDRESS"] == "temporal.example:7233"
    monkeypatch.setenv("MUNADI_TEMPORAL__UI_URL", "https://temporal.example")
    assert make_plan(Wishes(tmp_path, port=0)).temporal_ui_url == "https://temporal.example"


def test_a_channel_with_its_own_hosts_does_not_use_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_CHANNELS__BLUESKY__HOSTS__ENTRYWAY", "http://127.0.0.1:9999")
    plan = make_plan(Wishes(tmp_path, port=0))
    assert plan.env["MUNADI_CHANNELS__BLUESKY__HOSTS__ENTRYWAY"] == "http://127.0.0.1:9999"
    assert "MUNADI_CHANNELS__BLUESKY__HOSTS__PLC" not in plan.env
    assert "MUNADI_CHANNELS__BLUESKY__CLIENT_ID" not in plan.env
    assert "MUNADI_CHANNELS__INSTAGRAM__HOSTS__GRAPH" in plan.env


def test_a_channel_at_the_sandbox_has_an_app_to_refresh_tokens_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUNADI_CHANNELS__TIKTOK__CLIENT_ID", "mine")
    monkeypatch.setenv("munadi_channels__youtube__client_secret", "mine too")
    for name, value in make_plan(Wishes(tmp_path, port=0)).env.items():
        monkeypatch.setenv(name, value)
    channels = Settings().channels
    assert "client_id" not in channels["bluesky"]  # nobody registers there
    named = [network.channel for network in NETWORKS if network.app_credentials]
    apps = {name: (channels[name]["client_id"], channels[name]["client_secret"]) for name in named}
    assert apps.pop("tiktok") == ("mine", "sandbox")
    assert apps.pop("youtube") == ("sandbox", "mine too")
    assert len(apps) == len(NETWORKS) - 3
    assert set(apps.values()) == {("sandbox", "sandbox")}
    for network in NETWORKS:
        assert set(network.app_credentials) <= set(channels[network.channel])
    assert channels["instagram"]["fb_client_secret"] == "sandbox"
    assert channels["instagram"]["hosts"]["fb_auth"].endswith("/instagram/fbwww")


def test_no_sandbox_when_it_is_switched_off_or_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make_plan(Wishes(tmp_path, port=0, sandbox=False))
    assert plan.sandbox_url is None
    assert not [name for name in plan.env if name.startswith("MUNADI_CHANNELS__")]
    for network in NETWORKS:
        monkeypatch.setenv(f"MUNADI_CHANNELS__{network.channel.upper()}__HOSTS__GRAPH", "http://127.0.0.1:9999")
    assert make_plan(Wishes(tmp_path, port=0)).sandbox_url is None


def test_ports_and_addresses_are_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port, wished = free_port(), free_port()
    monkeypatch.setenv("MUNADI_API__PORT", str(port))
    monkeypatch.setenv("MUNADI_PUBLIC_URL", "https://munadi.example")
    assert make_plan(Wishes(tmp_path)).api_port == port
    assert make_plan(Wishes(tmp_path, port=wished)).api_port == wished
    assert make_plan(Wishes(tmp_path)).env["MUNADI_PUBLIC_URL"] == "https://munadi.example"
    monkeypatch.setenv("MUNADI_API__HOST", "0.0.0.0")
    assert make_plan(Wishes(tmp_path)).api_url == f"http://127.0.0.1:{port}"


def test_production_gets_no_generated_public_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUNADI_ENVIRONMENT", "production")
    assert "MUNADI_PUBLIC_URL" not in make_plan(Wishes(tmp_path, port=0)).env


def test_a_requested_port_that_is_taken_is_refused(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(CommandFailed, match=f"port {taken_port} is taken"):
        make_plan(Wishes(tmp_path, port=taken_port))
    with pytest.raises(CommandFailed, match=f"port {taken_port} is taken"):
        make_plan(Wishes(tmp_path, port=0, sandbox_port=taken_port))


def test_all_ports_differ(tmp_path: Path) -> None:
    plan = make_plan(Wishes(tmp_path, port=0))
    ports = [plan.api_port, plan.sandbox_port, *(int(part) for part in plan.temporal_argv or () if part.isdigit())]
    assert len(ports) == len(set(ports)) == 6
