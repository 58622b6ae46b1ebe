"""Plan what `munadi dev` runs: which parts, on which ports, with which settings. Starts nothing.

A configured Temporal address, channel host, database or port is used as it is.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from munadi.cli.dev.ports import LOOPBACK, NEVER_CALLED, Part, choose_ports, kept_ports
from munadi.cli.dev.ui_gate import hidden_address
from munadi.process.exits import CommandFailed

if TYPE_CHECKING:
    from munadi.config import Settings
    from munadi.sandbox.platform import Platform

SEARCH_ATTRIBUTES = ("BrandRef=Keyword", "Channels=KeywordList", "Attention=Keyword")
SANDBOX_APP = "sandbox"  # the consent pages call it Munadi: munadi/sandbox/consent.py
API, SANDBOX, TEMPORAL = "the API", "the sandbox", "Temporal"
TEMPORAL_UI, TEMPORAL_HTTP, TEMPORAL_METRICS = "Temporal's UI", "Temporal's HTTP", "Temporal's metrics"
TEMPORAL_HIDDEN_UI = "Temporal's UI behind its gate"
ANY_INTERFACE = ("0.0.0.0", "::", "")  # noqa: S104 - compared with, not listened on
_LOOPBACKS = (LOOPBACK, "::1", "localhost")


@dataclass(frozen=True)
class PlanOptions:
    """The options of the command line. None and 0 let Munadi choose."""

    data_dir: Path | None = None
    port: int | None = None
    sandbox_port: int | None = None
    temporal_port: int | None = None
    temporal_ui_port: int | None = None
    sandbox: bool = True


@dataclass(frozen=True)
class Plan:
    """Every address, before anything starts. The processes read their settings from `env`."""

    data_dir: Path
    api_port: int
    api_url: str
    public_url: str | None
    sandbox_port: int | None
    temporal_argv: tuple[str, ...] | None
    temporal_address: str
    temporal_namespace: str
    temporal_ui_url: str | None
    temporal_ui_at: tuple[str, int] | None
    env: Mapping[str, str]
    ports: Mapping[str, int]
    moved: tuple[str, ...]

    def as_json(self) -> str:
        """All of it but the environment, which may hold secrets."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "env"}
        return json.dumps(values | {"data_dir": str(self.data_dir)})

    @classmethod
    def read(cls, text: str, env: Mapping[str, str]) -> Self:
        """The plan that `as_json` wrote, with the environment that it was made for."""
        values = json.loads(text)
        given: dict[str, Any] = {"data_dir": Path(values["data_dir"]), "moved": tuple(values["moved"])}
        given |= {name: values[name] and tuple(values[name]) for name in ("temporal_argv", "temporal_ui_at")}
        return cls(**values | given, env=env)

    @property
    def sandbox_url(self) -> str | None:
        """Where the sandbox will be; None when nothing needs one."""
        return f"http://{LOOPBACK}:{self.sandbox_port}" if self.sandbox_port else None

    @property
    def logs(self) -> Path:
        """The folder of the processes' outputs."""
        return self.data_dir / "logs"


def make_plan(wishes: PlanOptions) -> Plan:
    """The plan for this environment. CommandFailed when a requested port is taken or a setting is wrong."""
    from munadi.process.settings import read_settings

    settings = read_settings(**({"data_dir": wishes.data_dir} if wishes.data_dir else {}))
    data_dir = settings.data_dir.expanduser().absolute()
    host = settings.api.host
    sandboxed = _sandboxed(settings) if wishes.sandbox else []
    own_temporal = settings.temporal.address is None
    chosen = choose_ports(_parts(wishes, settings, own_temporal, bool(sandboxed)), kept_ports(data_dir))
    api_port, sandbox_port = chosen.ports[API], chosen.ports.get(SANDBOX)
    api_url = f"http://{LOOPBACK if host in ANY_INTERFACE else host}:{api_port}"
    added = {
        "MUNADI_DATA_DIR": str(data_dir),
        "MUNADI_API__HOST": host,
        "MUNADI_API__PORT": str(api_port),
        "MUNADI_TEMPORAL__ADDRESS": settings.temporal.address or f"{LOOPBACK}:{chosen.ports[TEMPORAL]}",
        # Half a second of buffered log would be missing just when it matters.
        "PYTHONUNBUFFERED": "1",
    }
    ui_url = settings.temporal.ui_url
    ui_at = (hidden_address(), chosen.ports[TEMPORAL_HIDDEN_UI]) if own_temporal else None
    if ui_url is None and own_temporal:
        ui_url = added["MUNADI_TEMPORAL__UI_URL"] = f"http://{LOOPBACK}:{chosen.ports[TEMPORAL_UI]}"
    if settings.is_development and settings.public_url is None:
        added["MUNADI_PUBLIC_URL"] = api_url
    if host in _LOOPBACKS and not settings.metrics.model_fields_set:
        added["MUNADI_METRICS__PUBLIC"] = "true"
    if sandbox_port is not None and settings.sandbox_url is None:
        added["MUNADI_SANDBOX_URL"] = f"http://{LOOPBACK}:{sandbox_port}"
    for network in sandboxed:
        added |= _towards_the_sandbox(network, f"http://{LOOPBACK}:{sandbox_port}", settings)
    return Plan(
        data_dir=data_dir,
        api_port=api_port,
        api_url=api_url,
        public_url=settings.public_url,
        sandbox_port=sandbox_port,
        temporal_argv=temporal_argv(data_dir, settings.temporal.namespace, chosen.ports, ui_at) if ui_at else None,
        temporal_address=added["MUNADI_TEMPORAL__ADDRESS"],
        temporal_namespace=settings.temporal.namespace,
        temporal_ui_url=ui_url,
        temporal_ui_at=ui_at,
        # The case of a variable does not matter to us, but two spellings of one would.
        env={**{name: value for name, value in os.environ.items() if name.upper() not in added}, **added},
        ports=chosen.ports,
        moved=chosen.moved,
    )


def temporal_argv(data_dir: Path, namespace: str, ports: Mapping[str, int], ui_at: tuple[str, int]) -> tuple[str, ...]:
    """Temporal's dev server, keeping its state in a file. CommandFailed when it is not installed.

    No web page may read it under a name of its own: its UI is at `ui_at`, behind a gate of ours, its HTTP API answers
    nothing, and its metrics are at a port that browsers do not call.
    """
    program = Path(sys.executable).with_name("temporal")
    if not program.exists():
        raise CommandFailed(
            f"the Temporal dev server is missing beside {sys.executable}",
            advice="Run make setup, or set MUNADI_TEMPORAL__ADDRESS to a server of your own.",
        )
    argv = [str(program), "server", "start-dev", "--ip", LOOPBACK, "--port", str(ports[TEMPORAL])]
    argv += ["--ui-ip", ui_at[0], "--ui-port", str(ui_at[1])]
    argv += ["--http-port", str(ports[TEMPORAL_HTTP]), "--metrics-port", str(ports[TEMPORAL_METRICS])]
    argv += ["--db-filename", str(data_dir / "temporal.db"), "--log-level", "warn"]
    # Without these two the file costs two thirds of the throughput.
    argv += ["--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=NORMAL"]
    for attribute in SEARCH_ATTRIBUTES:
        argv += ["--search-attribute", attribute]
    if namespace != "default":
        argv += ["--namespace", namespace]
    # One brand's backlog must not stop another's. Each partition of a queue is fair only by itself, so one gets all
    # tasks; the others are still read, for what they had before an upgrade.
    for value in ("enableFairness=true", "numTaskqueueWritePartitions=1"):
        argv += ["--dynamic-config-value", f"matching.{value}"]
    # Its HTTP API knows no origins: a web page could cancel every post by a form. No request has this name as its Host,
    # so it answers nothing; Munadi does not use it.
    argv += ["--dynamic-config-value", f"frontend.httpAllowedHosts={json.dumps([secrets.token_hex(16)])}"]
    return tuple(argv)


def _parts(wishes: PlanOptions, settings: Settings, own_temporal: bool, sandbox: bool) -> list[Part]:
    """The parts that will listen, and their configured ports."""
    by_setting = settings.api.port if "port" in settings.api.model_fields_set else None
    wished = wishes.port if wishes.port is not None else by_setting
    parts = [Part(API, wished, settings.api.port if wished is None else None, settings.api.host)]
    if own_temporal:
        parts += [Part(TEMPORAL, wishes.temporal_port), Part(TEMPORAL_UI, wishes.temporal_ui_port)]
        # Temporal shows its metrics to every Host, and cannot do without them.
        parts += [Part(TEMPORAL_HTTP), Part(TEMPORAL_METRICS, among=NEVER_CALLED), Part(TEMPORAL_HIDDEN_UI)]
    if sandbox:
        parts.append(
            Part(SANDBOX, wishes.sandbox_port, then="import again the accounts that were stored with its old address")
        )
    return parts


def _sandboxed(settings: Settings) -> list[type[Platform[Any]]]:
    """The networks that the sandbox emulates: those whose channel has no configured hosts.

    Where accounts have servers of their own, a channel has no host to point at the sandbox.
    """
    from munadi.sandbox.state import NETWORKS

    return [
        network for network in NETWORKS if network.hosts and not settings.channels.get(network.channel, {}).get("hosts")
    ]


def _towards_the_sandbox(network: type[Platform[Any]], url: str, settings: Settings) -> dict[str, str]:
    """The settings that point a channel at the sandbox, with app credentials, which a token refresh needs."""
    prefix, given = f"MUNADI_CHANNELS__{network.channel.upper()}", settings.channels.get(network.channel, {})
    hosts = {f"{prefix}__HOSTS__{role}": f"{url}/{network.channel}/{path}" for role, path in network.hosts.items()}
    return hosts | {f"{prefix}__{name.upper()}": SANDBOX_APP for name in network.app_credentials if not given.get(name)}
