"""Temporal behind TLS, as at Temporal Cloud: with a client's certificate, or with an API key for one namespace.

A front of our own demands them, over real sockets and with certificates that each test makes.
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from temporalio.service import RPCError

from munadi.db import migrate
from munadi.process.temporal import connect, is_up
from munadi.process.temporal_namespace import namespace_problem
from munadi.process.temporal_trouble import trouble_of
from munadi.temporal_settings import TemporalSettings
from tests.cli.conftest import Certificates, Doctor, Setting
from tests.support.certificates import Issued
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process
from tests.support.temporal import TemporalDevServer
from tests.support.temporal_front import Front, Role
from workflows.attributes import SEARCH_ATTRIBUTES

KEY, READER, OPERATOR = "the-key-of-munadi", "a-key-that-reads", "a-key-of-an-operator"
KEYS = {KEY: Role.WRITE, READER: Role.READ, OPERATOR: Role.OPERATOR}


@pytest.fixture(scope="module")
def by_key(certificates: Certificates, temporal: TemporalDevServer) -> Iterator[Front]:
    """A front that asks for an API key."""
    with Front(temporal.address, certificates.server, keys=dict(KEYS)) as front:
        yield front


@pytest.fixture(scope="module")
def by_certificate(certificates: Certificates, temporal: TemporalDevServer) -> Iterator[Front]:
    """A front that asks for a client's certificate."""
    trusted = certificates.clients.file.read_bytes()
    with Front(temporal.address, certificates.server, client_ca=trusted) as front:
        yield front


def pair(issued: Issued) -> dict[str, Path]:
    return {"tls_cert": issued.cert, "tls_key": issued.key}


async def test_a_key_is_enough_for_all_that_munadi_asks(by_key: Front, certificates: Certificates) -> None:
    """Also for what the SDK sends without the namespace by itself, and where search attributes cannot be listed."""
    settings = TemporalSettings(address=by_key.address, api_key=SecretStr(KEY), tls_ca=certificates.authority.file)
    client = await connect(settings)
    assert await namespace_problem(client, SEARCH_ATTRIBUTES) is None
    assert await is_up(client, 5)
    assert by_key.keys_seen() == {KEY}
    with pytest.raises(RPCError):
        await client.service_client.check_health()


@pytest.mark.parametrize(
    ("settings", "message", "advice"),
    [
        ({}, "refuses requests without a key for the namespace default: invalid API key", "__API_KEY_FILE"),
        ({"api_key": "wrong"}, "refuses the API key for the namespace default: invalid API key", "__API_KEY"),
        ({"api_key": KEY, "namespace": "other"}, "refuses the API key for the namespace other", "__NAMESPACE"),
        ({"api_key": READER}, "lets this client only read the namespace default", "write access"),
        ({"api_key": KEY, "tls_ca": "clients"}, "cannot be trusted: ", "servers of another"),
        ({"api_key": KEY, "address": f"{LOOPBACK}:1"}, "does not answer: ", "__ADDRESS"),
        ({"api_key": KEY, "tls_ca": "none"}, "cannot be trusted: ", "MUNADI_TEMPORAL__TLS_CA"),
    ],
    ids=["no key", "wrong key", "other namespace", "key that reads", "other authority", "nobody there", "no authority"],
)
def test_doctor_names_what_is_wrong_with_a_key(
    by_key: Front, certificates: Certificates, given: Setting, doctor: Doctor,
    settings: dict[str, str], message: str, advice: str,
) -> None:  # fmt: skip
    authorities = {"clients": certificates.clients.file, "none": None}
    authority = authorities.get(settings.get("tls_ca", ""), certificates.authority.file)
    given(**{"address": by_key.address, "tls": "true", **settings, "tls_ca": authority})
    report = doctor()
    # Where Temporal answers this key, the missing worker is reported, too.
    failed = [report.checks[name] for name in report.failed if name == "namespace" or len(report.failed) == 1]
    assert [message in check["message"] for check in failed] == [True], report.all
    wanted = f"{certificates.clients.file} is of another" if advice == "servers of another" else advice
    assert wanted in failed[0]["advice"], failed
    assert not any(key in report.output for key in (KEY, READER))


@pytest.mark.parametrize(
    ("which", "message", "advice"),
    [
        ("none", "demands a client certificate, and none is set", "Set MUNADI_TEMPORAL__TLS_CERT"),
        ("of another authority", "refuses the client certificate", "an authority that the server accepts"),
        ("ended", "MUNADI_TEMPORAL__TLS_CERT: the certificate", None),
        ("without tls", "speaks TLS, and the settings do not", "MUNADI_TEMPORAL__TLS=true"),
    ],
)
def test_doctor_names_what_is_wrong_with_a_certificate(
    by_certificate: Front, certificates: Certificates, given: Setting, doctor: Doctor,
    which: str, message: str, advice: str | None,
) -> None:  # fmt: skip
    given(address=by_certificate.address)
    if which != "without tls":
        given(tls_ca=certificates.authority.file)
    if which == "of another authority":
        given(**pair(certificates.authority.issue("munadi")))
    if which == "ended":
        given(**pair(certificates.clients.issue("munadi", timedelta(days=-2))))
    report = doctor()
    failed = [report.checks[name] for name in report.failed]
    assert [message in check["message"] for check in failed] == [True], failed
    if advice is None:
        assert "put a new one, and its key, in the place of both files" in failed[0]["message"]
    else:
        assert advice in failed[0]["advice"], failed


def test_doctor_warns_before_a_certificate_ends(
    by_certificate: Front, certificates: Certificates, given: Setting, doctor: Doctor
) -> None:
    given(address=by_certificate.address, tls_ca=certificates.authority.file)
    for days, warns in ((13, True), (15, False)):
        given(**pair(certificates.clients.issue("munadi", timedelta(days=days))))
        found = doctor().checks
        assert (found["temporal certificate"]["ok"], bool(found["temporal certificate"]["advice"])) == (True, warns)
        assert found["namespace"]["ok"], found


def test_doctor_finds_a_server_that_does_not_speak_tls(
    temporal: TemporalDevServer, given: Setting, doctor: Doctor
) -> None:
    given(address=temporal.address, tls="true")
    found = doctor().checks["worker"]
    assert "does not speak TLS" in found["message"]


async def test_a_certificate_of_another_name_is_refused_unless_it_is_named(
    temporal: TemporalDevServer, certificates: Certificates
) -> None:
    with Front(temporal.address, certificates.elsewhere) as front:
        settings = TemporalSettings(address=front.address, tls_ca=certificates.authority.file)
        with pytest.raises(RuntimeError) as refused:
            await connect(settings)
        trouble = await trouble_of(settings, refused.value)
        assert "cannot be trusted" in trouble.message
        assert "MUNADI_TEMPORAL__TLS_SERVER_NAME" in trouble.advice
        client = await connect(settings.model_copy(update={"tls_server_name": "temporal.example.com"}))
        assert await is_up(client, 5)


async def test_the_alert_with_which_a_server_refuses_a_certificate_is_repeated(certificates: Certificates) -> None:
    """With TLS 1.3 it comes after the handshake."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(certificates.clients.file))
    context.load_cert_chain(certificates.server.cert, certificates.server.key)
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])
    with socket.create_server((LOOPBACK, 0)) as server:
        threading.Thread(target=_refuse, args=(server, context), daemon=True).start()
        address = f"{LOOPBACK}:{server.getsockname()[1]}"
        settings = TemporalSettings(address=address, tls_ca=certificates.authority.file)
        found = await trouble_of(settings, RuntimeError("cannot connect"))
        assert "none is set: tlsv13 alert certificate required" in found.message
        wrong = settings.model_copy(update=pair(certificates.authority.issue("munadi")))
        found = await trouble_of(wrong, RuntimeError("cannot connect"))
        assert ": tlsv1 alert unknown ca" in found.message


def _refuse(server: socket.socket, context: ssl.SSLContext) -> None:
    """Shake hands with whoever connects. (asyncio's server would close the connection before the alert is sent.)"""
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        with connection, suppress(OSError):
            context.wrap_socket(connection, server_side=True)


@contextmanager
def process(module: str, folder: Path, **temporal: object) -> Iterator[Process]:
    """An API or a worker with these settings of Temporal, on a database of its own."""
    clean = {name: "" for name in os.environ if name.startswith("MUNADI_")}
    settings = {f"MUNADI_TEMPORAL__{name.upper()}": str(value) for name, value in temporal.items()}
    url = f"sqlite+aiosqlite:///{folder / 'munadi.db'}"
    migrate.upgrade(url)
    env = {**clean, **settings, "MUNADI_DATABASE_URL": url, "MUNADI_API__PORT": str(free_port())}
    env["MUNADI_METRICS_LISTEN"] = str(free_port())
    argv = [sys.executable, "-m", module]
    with Process(argv, log=folder / f"{module}.log", env=env, cwd=folder) as running:
        running.metrics = f"http://{LOOPBACK}:{env['MUNADI_METRICS_LISTEN']}"  # type: ignore[attr-defined]
        yield running


def ready(running: Any) -> dict[str, Any]:
    answer = httpx.get(f"{running.metrics}/readyz", timeout=10)
    return {"status": answer.status_code, **answer.json()["dependencies"]}


def test_a_worker_waits_with_words_and_takes_a_new_key_from_its_file(
    by_key: Front, certificates: Certificates, tmp_path: Path
) -> None:
    """A key that is refused at the start, then a good one, which is then rotated while the worker runs."""
    file = tmp_path / "key"
    file.write_text("old\n")
    settings = {"address": by_key.address, "api_key_file": file, "tls_ca": certificates.authority.file}
    with process("worker", tmp_path, **settings) as worker:
        worker.wait_for_line("waiting for Temporal: .* refuses the API key for the namespace default", 60)
        assert ready(worker) == {"status": 503, "database": "up", "temporal": "down"}
        file.write_text(KEY)
        worker.wait_for_line("worker ready", 30)
        assert worker.output.count("waiting for Temporal") == 1
        assert ready(worker) == {"status": 200, "database": "up", "temporal": "up"}
        by_key.keys["rotated"] = Role.WRITE  # type: ignore[index]
        file.write_text("rotated")
        worker.wait_for_line("the API key for Temporal was replaced", 30)
        by_key.keys_seen()
        assert ready(worker)["status"] == 200
        assert by_key.keys_seen() == {"rotated"}
        assert worker.terminate(60, first=signal.SIGTERM) == 0, worker.output
    assert KEY not in worker.output


def test_a_worker_works_with_a_certificate(by_certificate: Front, certificates: Certificates, tmp_path: Path) -> None:
    mine = certificates.clients.issue("munadi")
    trust = {"address": by_certificate.address, "tls_ca": certificates.authority.file}
    with process("worker", tmp_path, **trust, **pair(mine)) as worker:
        worker.wait_for_line("worker ready", 60)
        assert ready(worker) == {"status": 200, "database": "up", "temporal": "up"}
        assert worker.terminate(60, first=signal.SIGTERM) == 0, worker.output


def test_an_api_starts_without_temporal_and_says_why(
    by_certificate: Front, certificates: Certificates, tmp_path: Path
) -> None:
    settings = {"address": by_certificate.address, "tls_ca": certificates.authority.file}
    with process("api", tmp_path, **settings) as api:
        api.wait_for_line("starting without Temporal: .* demands a client certificate, and none is set", 60)
        api.wait_for_line("Uvicorn running", 60)


def test_a_worker_refuses_a_certificate_that_has_ended(certificates: Certificates, tmp_path: Path) -> None:
    ended = certificates.clients.issue("munadi", timedelta(days=-2))
    with process("worker", tmp_path, address=f"{LOOPBACK}:1", **pair(ended)) as running:
        assert running.wait(60) == 2
    assert f"MUNADI_TEMPORAL__TLS_CERT: the certificate {ended.cert} ended on " in running.output
