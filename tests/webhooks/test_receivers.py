"""The verifiers of the documentation, and those of others, accept what Munadi signs and refuse everything else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from munadi.cli.webhooks.receiver import Received, Receiver
from munadi.webhooks.signing import generate_key_pair, generate_secret, headers
from tests.support.node import install_packages
from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process
from tests.support.waiting import wait_until
from tests.webhooks.snippets import ROOT, Request, blocks, judged, program

FOLDER = ROOT / "tests" / "receivers"
SECRET, OTHER = generate_secret(), generate_secret()
BODY = '{"id": "evt_1", "text": "मुनादी 📯"}'.encode()
LANGUAGES = ["python", "standard library", "node", "php", "go"]
NODE_LIBRARIES = """
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix } from "svix";
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  for (const Library of [Standard, Svix]) {
    try { new Library(secret).verify(Buffer.from(body, "base64").toString(), headers); console.log("accepted"); }
    catch { console.log("refused"); }
  }
}
"""


def request(
    *secrets: str, body: bytes = BODY, age: timedelta = timedelta(0), receiver: str = SECRET, **changed: str
) -> Request:
    """A request of Munadi's with these secrets, as it reaches a receiver that has another one."""
    signed = headers(list(secrets or (SECRET,)), "evt_1", datetime.now(UTC) - age, BODY)
    return Request(receiver, signed | {name.replace("_", "-"): value for name, value in changed.items()}, body)


def good() -> list[Request]:
    """What a receiver accepts: also during a rotation, and beside signatures of another version."""
    ed25519 = generate_key_pair().private
    return [
        request(),
        request(OTHER, SECRET),
        request(SECRET, OTHER),
        request(ed25519, SECRET),
        request(age=timedelta(minutes=1)),
    ]


def bad() -> list[Request]:
    """What it refuses."""
    return [
        request(body=BODY + b" "),
        request(OTHER),
        request(receiver=OTHER),
        request(age=timedelta(minutes=10)),
        request(age=timedelta(minutes=-10)),
        request(webhook_id="evt_2"),
        request(webhook_timestamp=str(int(datetime.now(UTC).timestamp()) - 1)),
        request(webhook_signature="v1,"),
        request(webhook_signature="v1"),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_snippet_of_the_documentation_accepts_what_munadi_signs_and_nothing_else(
    language: str, tmp_path: Path
) -> None:
    command = program(language, tmp_path)  # Go is compiled, which takes a while
    accepted, refused = good(), bad()
    found = judged(command, accepted + refused, tmp_path)
    assert found == ["accepted"] * len(accepted) + ["refused"] * len(refused)


def test_the_libraries_of_others_in_node_agree() -> None:
    install_packages(FOLDER)
    accepted, refused = good(), bad()
    found = judged(["node", "--input-type=module", "--eval", NODE_LIBRARIES], accepted + refused, FOLDER)
    assert found == ["accepted", "accepted"] * len(accepted) + ["refused", "refused"] * len(refused)


def test_the_curl_snippet_sends_what_a_receiver_accepts(tmp_path: Path) -> None:
    received: list[Received] = []
    with Receiver(received.append, secret=SECRET) as receiver:
        environment = {**os.environ, "SECRET": SECRET, "URL": receiver.url}
        subprocess.run(["sh", "-euc", blocks("sh")[0]], env=environment, check=True, capture_output=True)
    assert [each.event and each.event["id"] for each in received] == ["evt_try"]


def test_the_exported_verifier_needs_nothing_of_the_server() -> None:
    code = "import munadi.webhooks, sys; print(*(name.partition('.')[0] for name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.split())
    assert "munadi" in imported
    assert not imported & {"fastapi", "starlette", "temporalio", "sqlmodel", "sqlalchemy", "httpx", "pydantic", "api"}


@pytest.fixture
def debians_webhook(tmp_path: Path) -> Iterator[str]:
    """The address of Debian's `webhook` with the page's hooks. Its command is the page's verifier in Python."""
    command = tmp_path / "receive"
    judge = (
        "import os, sys\n"
        "names = ('webhook-id', 'webhook-timestamp', 'webhook-signature')\n"
        "given = {name: os.environ[name.upper().replace('-', '_')] for name in names}\n"
        f"print(verified({SECRET!r}, given, os.environb[b'BODY'])['id'])\n"
    )
    command.write_text(f"#!{sys.executable}\n{blocks('python')[1]}\n{judge}")
    command.chmod(0o700)
    [hook] = json.loads(blocks("json")[0])
    hook["execute-command"] = str(command)
    (tmp_path / "hooks.json").write_text(json.dumps([hook]))
    port = free_port()
    process = Process(
        ["webhook", "-hooks", tmp_path / "hooks.json", "-ip", LOOPBACK, "-port", str(port)],
        log=tmp_path / "webhook.log",
        cwd=tmp_path,
    )
    process.start()
    yield f"http://{LOOPBACK}:{port}/hooks/munadi"
    process.terminate()


async def test_debians_webhook_runs_its_command_for_what_munadi_signs_only(debians_webhook: str) -> None:
    def post(given: Request) -> httpx.Response:
        sent = given.headers | {"content-type": "application/json"}
        return httpx.post(debians_webhook, content=given.body, headers=sent, timeout=60)

    def listens() -> bool:
        try:
            return httpx.get(debians_webhook).status_code < 500
        except httpx.TransportError:
            return False

    await wait_until(listens, within=60)
    for accepted in good()[:3]:
        answer = post(accepted)
        assert (answer.status_code, answer.text.strip()) == (200, "evt_1")
    assert post(request(OTHER)).status_code == 500
    assert post(request(body=BODY + b" ")).status_code == 500
    assert post(request(webhook_signature="none")).status_code == 401
