"""An API key or a certificate for Temporal never travels without encryption, and a contradiction ends the start."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from munadi.process.temporal import connect
from munadi.process.temporal_tls import wrong_tls
from munadi.temporal_settings import TemporalSettings
from tests.support.ports import LOOPBACK

TLS_HANDSHAKE = b"\x16\x03"
USAGE = 2
SECRET = "a-key-of-temporal"


async def first_bytes(**settings: Any) -> bytes:
    """What a connection with these settings sends first."""
    seen: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read(1000)
        if not seen.done():
            seen.set_result(data)
        writer.close()

    async with await asyncio.start_server(read, LOOPBACK, 0) as server:
        address = f"{LOOPBACK}:{server.sockets[0].getsockname()[1]}"
        connecting = asyncio.create_task(connect(TemporalSettings(address=address, **settings)))
        try:
            async with asyncio.timeout(20):
                return await seen
        finally:
            connecting.cancel()
            with suppress(asyncio.CancelledError, RuntimeError):
                await connecting


async def test_an_api_key_is_sent_over_tls_alone() -> None:
    assert (await first_bytes(api_key=SecretStr(SECRET))).startswith(TLS_HANDSHAKE)


async def test_without_key_and_certificate_the_connection_is_plain() -> None:
    assert (await first_bytes()).startswith(b"PRI * HTTP/2.0")


@pytest.mark.parametrize("name", ["api_key", "tls_ca", "tls_cert", "tls_key"])
def test_each_of_them_implies_tls(name: str) -> None:
    assert TemporalSettings.model_validate({name: "x"}).uses_tls
    assert not TemporalSettings().uses_tls


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"api_key": SECRET, "tls": False}, ["MUNADI_TEMPORAL__API_KEY is set and MUNADI_TEMPORAL__TLS is false"]),
        ({"tls_cert": "c.pem"}, ["MUNADI_TEMPORAL__TLS_CERT is set without MUNADI_TEMPORAL__TLS_KEY"]),
        ({"tls_key": "k.pem"}, ["MUNADI_TEMPORAL__TLS_KEY is set without MUNADI_TEMPORAL__TLS_CERT"]),
        ({"tls_ca": "none.pem"}, ["MUNADI_TEMPORAL__TLS_CA: none.pem is no certificate in PEM that can be read"]),
        ({"tls_cert": "c.pem", "tls_key": "k.pem"}, ["c.pem and k.pem are no pair in PEM that can be read"]),
        ({"api_key": SECRET}, []),
        ({"tls": True}, []),
        ({"tls": False}, []),
    ],
)
def test_a_contradiction_has_a_line(settings: dict[str, Any], words: list[str]) -> None:
    found = list(wrong_tls(TemporalSettings.model_validate(settings)))
    assert len(found) == len(words), found
    for line, wanted in zip(found, words, strict=True):
        assert wanted in line
        assert SECRET not in line


@pytest.mark.parametrize("module", ["api", "worker"])
def test_a_process_refuses_a_key_without_tls(tmp_path: Path, module: str) -> None:
    settings = {"TEMPORAL__ADDRESS": f"{LOOPBACK}:1", "TEMPORAL__API_KEY": SECRET, "TEMPORAL__TLS": "false"}
    environment = {**os.environ, **{f"MUNADI_{name}": value for name, value in settings.items()}}
    argv = [sys.executable, "-m", module]
    run = subprocess.run(argv, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)
    assert (run.returncode, run.stdout) == (USAGE, ""), run.stderr
    rule, _ = run.stderr.splitlines()
    assert "remove MUNADI_TEMPORAL__TLS, or MUNADI_TEMPORAL__API_KEY" in rule
