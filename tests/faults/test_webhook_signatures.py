"""Signatures of a running Munadi, judged by two independent libraries: rotation, revocation, age and changed bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook
from svix.webhooks import Webhook as SvixWebhook

from munadi.webhooks.signing import WebhookVerificationError, verify
from tests.faults.evidence import prove
from tests.harness.inbox import subscribe
from tests.harness.stack import Stack
from tests.harness.web import Call, serving

Sent = tuple[dict[str, str], bytes]
pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@asynccontextmanager
async def receiver() -> AsyncIterator[tuple[str, list[Sent]]]:
    """The address of a receiver, and the requests that it has taken."""
    taken: list[Sent] = []

    async def answer(call: Call) -> None:
        taken.append((call.headers, call.body))
        await call.head(204)

    async with serving(answer) as url:
        yield url, taken


def accepted_by(key: str, sent: Sent) -> set[str]:
    """The verifiers that accept a request: ours, and for a shared secret two libraries."""
    headers, body = sent
    found = set()
    libraries = {"standardwebhooks": Webhook, "svix": SvixWebhook} if key.startswith("whsec_") else {}
    for name, library in libraries.items():
        try:
            library(key).verify(body, headers)
            found.add(name)
        except Exception as error:
            # Each library has an error of its own; any other would be a fault of this test.
            assert type(error).__name__ == "WebhookVerificationError", error  # noqa: PT017
    try:
        verify(body, headers, key)
        found.add("ours")
    except WebhookVerificationError:
        pass
    return found


def changed(sent: Sent) -> list[Sent]:
    """The request with one thing changed in each."""
    headers, body = sent
    moved = [str(int(headers["webhook-timestamp"]) + seconds) for seconds in (-1, 1)]
    middle = len(body) // 2
    return [
        *(({**headers, "webhook-timestamp": at}, body) for at in moved),
        ({**headers, "webhook-id": headers["webhook-id"] + "0"}, body),
        ({**headers, "webhook-signature": headers["webhook-signature"][:-8] + "AAAAAAA="}, body),
        (headers, body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]),
        (headers, body + b" "),
        (headers, body[:-1]),
    ]


async def sent_now(api: httpx.AsyncClient, endpoint: dict[str, Any], taken: list[Sent]) -> Sent:
    """The request of a test event."""
    answer = await api.post(f"/v1/webhooks/endpoints/{endpoint['id']}/test")
    assert answer.json()["status"] == "delivered", answer.text
    return taken[-1]


async def rotated(api: httpx.AsyncClient, endpoint: dict[str, Any], **how: Any) -> str:
    """The new secret."""
    answer = await api.post(f"/v1/webhooks/endpoints/{endpoint['id']}/rotate-secret", json=how)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["secret"])


async def test_signatures_are_accepted_by_others_and_nothing_else_is(tmp_path: Path) -> None:
    everyone, failures, trials = {"standardwebhooks", "svix", "ours"}, list[str](), 0

    def expect(what: str, key: str, sent: Sent, wanted: set[str]) -> None:
        nonlocal trials
        trials += 1
        if (found := accepted_by(key, sent)) != wanted:
            failures.append(f"{what}: accepted by {sorted(found)} instead of {sorted(wanted)}")

    async with Stack(tmp_path) as stack, stack.client() as api, receiver() as (url, taken):
        endpoint = await subscribe(api, url)
        first = await sent_now(api, endpoint, taken)
        expect("a first event", endpoint["secret"], first, everyone)
        for number, other in enumerate(changed(first)):
            expect(f"change {number}", endpoint["secret"], other, set())
        second = await rotated(api, endpoint)
        during = await sent_now(api, endpoint, taken)
        for key in (endpoint["secret"], second):
            expect("during a rotation", key, during, everyone)
        third = await rotated(api, endpoint, revokePrevious=True)
        after = await sent_now(api, endpoint, taken)
        expect("the newest secret", third, after, everyone)
        for key in (endpoint["secret"], second):
            expect("a revoked secret", key, after, set())
        public = await rotated(api, endpoint, revokePrevious=True, signature="v1a")
        signed = await sent_now(api, endpoint, taken)
        expect("a public key", public, signed, {"ours"})
        for number, other in enumerate(changed(signed)):
            expect(f"change {number} of v1a", public, other, set())
    for seconds, is_wanted in ((299, True), (301, False), (-299, True), (-301, False)):
        trials += 1
        sent_at = datetime.fromtimestamp(int(signed[0]["webhook-timestamp"]), UTC)
        try:
            verify(signed[1], signed[0], public, now=sent_at + timedelta(seconds=seconds))
            is_accepted = True
        except WebhookVerificationError:
            is_accepted = False
        failures += [] if is_accepted is is_wanted else [f"{seconds} s after it was sent: accepted {is_accepted}"]
    prove("19", "signatures judged by two libraries", trials=trials, failures=failures)
