"""Wrong keys: braked for each address, recorded without filling anything, and never in the way of a right key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.address import callers_of
from munadi.db.keys.store import KeyStore
from munadi.db.tables.audit import AuditRow
from munadi.domain.audit import Action
from munadi.domain.key import KeyKind, Scope, write_key
from munadi.wrong_keys import MAX_ADDRESSES, MAX_ROWS, WrongKeys
from tests.api.browsing import visiting
from tests.api.desk import Desk
from tests.api.door import Door
from tests.db.seeding import START

PER_MINUTE = 10
UNKNOWN = write_key(KeyKind.ADMIN, "0" * 32)


async def refusals(door: Door) -> list[dict[str, Any]]:
    await door.services.wrong_keys.flush()
    found = (await door.ask("GET", "/v1/audit")).json()["data"]
    return [entry for entry in found if entry["action"] in ("auth.refused", "session.refused")]


async def test_the_eleventh_wrong_key_of_a_minute_is_told_to_wait_and_a_right_one_works(door: Door) -> None:
    answers = [await door.ask("GET", "/v1/contents", key=UNKNOWN) for _ in range(PER_MINUTE + 1)]
    assert [answer.status_code for answer in answers] == [401] * PER_MINUTE + [429]
    problem = answers[-1].json()
    assert problem["code"] == "TOO_MANY_WRONG_KEYS"
    assert "more than 10 wrong keys within a minute" in problem["detail"]
    assert "not one of this installation" in problem["detail"]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert (await door.ask("GET", "/v1/contents")).status_code == 200
    # Without a key there is nothing to guess.
    assert (await door.ask("GET", "/v1/contents", key="")).status_code == 401


async def test_the_sign_in_has_the_same_brake(door: Door) -> None:
    async with visiting(door.app) as visitor:
        answers = [await visitor.sign_in(UNKNOWN) for _ in range(PER_MINUTE + 1)]
        assert [answer.status_code for answer in answers] == [401] * PER_MINUTE + [429]
        assert "Too many wrong keys were sent from your address" in answers[-1].text
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert (await visitor.sign_in(door.admin_key)).status_code == 303


async def test_wrong_keys_are_in_the_log_once_for_each_minute_and_address(door: Door) -> None:
    revoked = await door.key(Scope.ADMIN, brand_ref="acme")
    row = await KeyStore(door.services.database).find(revoked)
    assert row is not None
    await door.ask("DELETE", f"/v1/keys/{row.id}")
    first = await door.ask("GET", "/v1/contents", key=UNKNOWN)
    for _ in range(30):
        await door.ask("GET", "/v1/contents", key=UNKNOWN)
    await door.services.wrong_keys.flush()
    for key in (UNKNOWN, revoked, "nonsense"):
        await door.ask("GET", "/v1/contents", key=key)
    async with visiting(door.app) as visitor:
        await visitor.sign_in("nonsense")
    found = {(entry["action"], entry["target"]): entry for entry in await refusals(door)}
    assert {kind: entry["count"] for kind, entry in found.items()} == {
        ("auth.refused", "KEY_UNKNOWN"): 32,
        ("auth.refused", "KEY_REVOKED"): 1,
        ("auth.refused", "KEY_MALFORMED"): 1,
        ("session.refused", "KEY_MALFORMED"): 1,
    }
    unknown = found["auth.refused", "KEY_UNKNOWN"]
    assert (unknown["requestId"], unknown["keyId"]) == (first.headers["x-request-id"], None)
    assert {entry["address"] for entry in found.values()} == {"127.0.0.1"}
    revoked_entry = found["auth.refused", "KEY_REVOKED"]
    assert (revoked_entry["keyId"], revoked_entry["brandRef"]) == (row.id, "acme")


def _flood(wrong: WrongKeys, number: int, minute: int = 0) -> None:
    wrong.note(
        Action.AUTH_REFUSED,
        "KEY_UNKNOWN",
        address=f"2001:db8::{number:x}",
        request_id=None,
        key_id=None,
        brand_ref=None,
        now=START + timedelta(minutes=minute),
    )


async def test_a_flood_from_everywhere_fills_neither_the_table_nor_the_memory(desk: Desk) -> None:
    wrong, before = WrongKeys(desk.services.database, PER_MINUTE), await desk.count(AuditRow)
    for number in range(2_000):
        _flood(wrong, number)
    await wrong.flush()
    assert await desk.count(AuditRow) - before == MAX_ROWS + 1
    rest = (await desk.client.get("/v1/audit?target=OTHER_ADDRESSES")).json()["data"]
    assert [(entry["address"], entry["count"]) for entry in rest] == [(None, 2_000 - MAX_ROWS)]
    _flood(wrong, 1, minute=1)
    await wrong.flush()
    assert len(wrong._counts) == 1
    for number in range(MAX_ADDRESSES + 500):
        wrong.brake(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
    assert len(wrong._windows) == MAX_ADDRESSES


async def test_a_commit_of_unknown_outcome_is_written_again_without_a_second_row(desk: Desk) -> None:
    wrong, before = WrongKeys(desk.services.database, PER_MINUTE), await desk.count(AuditRow)
    _flood(wrong, 1)
    await wrong.flush()
    for one in wrong._counts.values():
        one.written = 0  # as if its commit had not been answered
    _flood(wrong, 1)
    await wrong.flush()
    assert await desk.count(AuditRow) - before == 1


def test_a_brake_is_released_after_its_minute_and_holds_one_caller_only() -> None:
    wrong = WrongKeys(None, 2)  # type: ignore[arg-type]
    assert [wrong.brake("192.0.2.1", at) for at in (0.0, 10.0, 20.0, 59.5)] == [None, None, 40, 1]
    assert wrong.brake("192.0.2.2", 59.5) is None
    assert wrong.brake("192.0.2.1", 60.0) is None
    # An IPv6 caller has a whole /64 to send from.
    assert [wrong.brake(f"2001:db8::{number}", 0.0) for number in (1, 2, 3)] == [None, None, 60]
    assert wrong.brake("2001:db8:0:1::1", 0.0) is None


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        ("", "192.0.2.1", ["203.0.113.7"], "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.1", ["203.0.113.7"], "203.0.113.7"),
        ("192.0.2.0/24", "198.51.100.1", ["203.0.113.7"], "198.51.100.1"),
        # What stands before the last untrusted address was written by the caller.
        ("192.0.2.0/24", "192.0.2.1", ["10.0.0.1, 203.0.113.7"], "203.0.113.7"),
        ("192.0.2.0/24", "192.0.2.1", ["10.0.0.1", "203.0.113.7, 192.0.2.9"], "203.0.113.7"),
        ("192.0.2.0/24,10.0.0.0/8", "192.0.2.1", ["203.0.113.7, 10.1.1.1"], "203.0.113.7"),
        ("192.0.2.0/24", "192.0.2.1", ["203.0.113.7:4711"], "203.0.113.7"),
        ("192.0.2.0/24", "192.0.2.1", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("192.0.2.0/24", "192.0.2.1", ["unknown"], "192.0.2.1"),
        ("192.0.2.1", "::ffff:192.0.2.1", ["203.0.113.7"], "203.0.113.7"),
        ("192.0.2.0/24", "192.0.2.1", ["x" * 9_000 + ", 203.0.113.7"], "203.0.113.7"),
    ],
)
def test_the_callers_address_is_the_first_that_no_trusted_proxy_has(
    trusted: str, peer: str, forwarded: list[str], address: str
) -> None:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    assert callers_of(trusted).address_of(scope) == address


async def test_a_callers_own_header_changes_no_address(door: Door) -> None:
    """Or each guess could claim an address of its own."""
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    await door.ask("GET", "/v1/contents", key=UNKNOWN, headers=headers)
    assert [entry["address"] for entry in await refusals(door)] == ["127.0.0.1"]


async def test_wrong_keys_that_nobody_flushed_are_written_when_the_process_ends(door: Door) -> None:
    wrong = WrongKeys(door.services.database, PER_MINUTE)
    async with wrong.running():
        _flood(wrong, 1)
    found: httpx.Response = await door.ask("GET", "/v1/audit?target=KEY_UNKNOWN")
    assert len(found.json()["data"]) == 1
