"""Wrong keys: limited for each address, recorded within bounds, and never in the way of a right key."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.http.address import callers_of
from munadi.db.tables.audit import AuditRow
from munadi.domain.audit import Action
from munadi.domain.key import KeyKind, Scope, write_key
from munadi.limits.addresses import MAX_ADDRESSES, AddressLimit
from munadi.limits.wrong_keys import MAX_ROWS, WrongKeys
from tests.api.harness import ApiHarness
from tests.api.problems import expect_problem
from tests.db.seeding import START

PER_MINUTE = 10
UNKNOWN = write_key(KeyKind.ADMIN, "0" * 32)


async def refusals(api: ApiHarness) -> list[dict[str, Any]]:
    """The entries of the audit log about wrong keys."""
    await api.services.wrong_keys.flush()
    found = await api.read_list("/v1/audit")
    return [entry for entry in found if entry["action"] in ("auth.refused", "session.refused")]


async def test_the_eleventh_wrong_key_of_a_minute_is_a_429_and_a_right_one_works(api: ApiHarness) -> None:
    answers = [await api.get("/v1/contents", key=UNKNOWN) for _ in range(PER_MINUTE + 1)]
    assert [answer.status_code for answer in answers] == [401] * PER_MINUTE + [429]
    problem = expect_problem(answers[-1], 429, "TOO_MANY_WRONG_KEYS")
    assert "more than 10 wrong keys within a minute" in problem["detail"]
    assert "not one of this installation" in problem["detail"]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert (await api.get("/v1/contents")).status_code == 200
    assert (await api.get("/v1/contents", key="")).status_code == 401, "a missing key is no guess"


async def test_the_sign_in_has_the_same_limit(api: ApiHarness) -> None:
    async with api.dashboard() as dashboard:
        answers = [await dashboard.sign_in(UNKNOWN) for _ in range(PER_MINUTE + 1)]
        assert [answer.status_code for answer in answers] == [401] * PER_MINUTE + [429]
        assert "Too many wrong keys were sent from your address" in answers[-1].text
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
        assert (await dashboard.sign_in(api.admin_key)).status_code == 303


async def test_wrong_keys_are_recorded_once_for_each_minute_and_address(api: ApiHarness) -> None:
    revoked = await api.key(Scope.ADMIN, brand_ref="acme")
    await api.revoke(revoked)
    first, *_ = [await api.get("/v1/contents", key=UNKNOWN) for _ in range(31)]
    await api.services.wrong_keys.flush()
    for key in (UNKNOWN, revoked, "nonsense"):
        await api.get("/v1/contents", key=key)
    async with api.dashboard() as dashboard:
        await dashboard.sign_in("nonsense")
    found = {(entry["action"], entry["target"]): entry for entry in await refusals(api)}
    assert {kind: entry["count"] for kind, entry in found.items()} == {
        ("auth.refused", "KEY_UNKNOWN"): 32,
        ("auth.refused", "KEY_REVOKED"): 1,
        ("auth.refused", "KEY_MALFORMED"): 1,
        ("session.refused", "KEY_MALFORMED"): 1,
    }
    unknown, known = found["auth.refused", "KEY_UNKNOWN"], found["auth.refused", "KEY_REVOKED"]
    assert (unknown["requestId"], unknown["keyId"]) == (first.headers["x-request-id"], None)
    assert {entry["address"] for entry in found.values()} == {"127.0.0.1"}
    assert (known["keyId"], known["brandRef"]) == (await api.key_id(revoked), "acme")


def _note(wrong: WrongKeys, number: int, minute: int = 0) -> None:
    """Count a wrong key from an address of its own."""
    request = {"address": f"2001:db8::{number:x}", "request_id": None, "key_id": None, "brand_ref": None}
    now = START + timedelta(minutes=minute)
    wrong.note(Action.AUTH_REFUSED, "KEY_UNKNOWN", now=now, **request)  # type: ignore[arg-type]


@pytest.mark.each_database
async def test_a_flood_from_many_addresses_fills_neither_the_table_nor_the_memory(api: ApiHarness) -> None:
    wrong, before = WrongKeys(api.services.database, PER_MINUTE), await api.count(AuditRow)
    for number in range(2_000):
        _note(wrong, number)
    await wrong.flush()
    assert await api.count(AuditRow) - before == MAX_ROWS + 1
    rest = await api.read_list("/v1/audit?target=OTHER_ADDRESSES")
    assert [(entry["address"], entry["count"]) for entry in rest] == [(None, 2_000 - MAX_ROWS)]
    _note(wrong, 1, minute=1)
    await wrong.flush()
    assert len(wrong._counts) == 1
    for number in range(MAX_ADDRESSES + 500):
        wrong.brake(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 0.0)
    assert len(wrong._limit) == MAX_ADDRESSES


@pytest.mark.each_database
async def test_a_commit_of_unknown_outcome_is_repeated_without_a_second_row(api: ApiHarness) -> None:
    wrong, before = WrongKeys(api.services.database, PER_MINUTE), await api.count(AuditRow)
    _note(wrong, 1)
    await wrong.flush()
    for one in wrong._counts.values():
        one.written = 0  # as if its commit had not been answered
    _note(wrong, 1)
    await wrong.flush()
    assert await api.count(AuditRow) - before == 1


def test_a_limit_is_for_one_address_and_ends_after_its_minute() -> None:
    limit = AddressLimit(2)
    assert [limit.count("192.0.2.1", at) for at in (0.0, 10.0, 20.0, 59.5)] == [None, None, 40, 1]
    assert limit.count("192.0.2.2", 59.5) is None
    assert limit.count("192.0.2.1", 60.0) is None
    # An IPv6 caller has a whole /64 to send from.
    assert [limit.count(f"2001:db8::{number}", 0.0) for number in (1, 2, 3)] == [None, None, 60]
    assert limit.count("2001:db8:0:1::1", 0.0) is None


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "address"),
    [
        ("", "192.0.2.1", ["203.0.113.7"], "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.0/24", "192.0.2.1", ["203.0.113.7"], "203.0.113.7"),
        ("192.0.2.0/24", "198.51.100.1", ["203.0.113.7"], "198.51.100.1"),
        # The caller wrote everything before the last untrusted address.
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
def test_the_callers_address_is_the_last_one_that_is_no_trusted_proxy(
    trusted: str, peer: str, forwarded: list[str], address: str
) -> None:
    headers = [(b"x-forwarded-for", line.encode()) for line in forwarded]
    scope = {"type": "http", "client": (peer, 1), "headers": headers}
    assert callers_of(trusted).address_of(scope) == address


async def test_a_callers_own_header_changes_no_address(api: ApiHarness) -> None:
    """Otherwise each guess could claim an address of its own."""
    headers = {"X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    await api.get("/v1/contents", key=UNKNOWN, headers=headers)
    assert [entry["address"] for entry in await refusals(api)] == ["127.0.0.1"]


async def test_counted_wrong_keys_are_written_when_the_process_ends(api: ApiHarness) -> None:
    wrong = WrongKeys(api.services.database, PER_MINUTE)
    async with wrong.running():
        _note(wrong, 1)
    assert len(await api.read_list("/v1/audit?target=KEY_UNKNOWN")) == 1
