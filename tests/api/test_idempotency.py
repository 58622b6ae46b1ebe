"""Idempotency-Key: repeated requests create one post and get the same bytes."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select

from api.idempotency import fingerprints
from munadi.crypto import KeyRing, create_key
from munadi.db.idempotency import KEPT, IdempotencyRecord, forget_old_answers
from munadi.db.tables import ContentRow, IdempotencyRow, MediaRow, PublicationRow
from munadi.domain.key import Scope
from munadi.intake.strict_json import canonical
from tests.api.client import FAR
from tests.api.harness import ApiHarness, later, open_api
from tests.api.problems import expect_errors, expect_problem

pytestmark = pytest.mark.each_database
KEY = "cms-42"


async def create(api: ApiHarness, **changes: Any) -> httpx.Response:
    """The answer to a post with the idempotency key."""
    return await api.try_submit(idempotency_key=KEY, **changes)


def expect_repetition(again: httpx.Response, first: httpx.Response) -> None:
    """The second answer is the first one, and says so."""
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first.is_success, "idempotent-replayed" in first.headers) == (True, False)
    assert again.headers["idempotent-replayed"] == "true"
    for name in ("location", "etag", "content-type"):
        assert again.headers.get(name) == first.headers.get(name)


async def test_fifty_concurrent_requests_create_one_post_and_get_one_answer(api: ApiHarness) -> None:
    answers = await asyncio.gather(*(create(api) for _ in range(50)))
    made = [answer for answer in answers if answer.status_code == 202]
    # PostgreSQL may answer "in flight" instead of waiting for long.
    assert {answer.status_code for answer in answers} <= ({202} if api.services.database.is_sqlite else {202, 409})
    assert {answer.content for answer in made} == {made[0].content}
    assert len([answer for answer in made if "idempotent-replayed" not in answer.headers]) == 1
    assert [await api.count(table) for table in (ContentRow, PublicationRow, IdempotencyRow)] == [1, 1, 1]


async def test_a_repetition_has_the_first_answer_whatever_happened_since(api: ApiHarness) -> None:
    post = {"media": [{"url": api.site.url("/a.jpg")}], "scheduledAt": later(hours=1)}
    first = await create(api, **post)
    await api.change(first.json()["id"], "cancel")
    del api.site.files["/a.jpg"]
    api.clock.ahead = timedelta(hours=2)
    expect_repetition(await create(api, **post), first)
    quoted = await api.try_submit(idempotency_key=f'"{KEY}"', **post)
    expect_repetition(quoted, first)
    assert (api.site.requests["/a.jpg"], await api.count(MediaRow)) == (1, 1)


async def test_the_same_json_in_another_spelling_is_the_same_request(api: ApiHarness) -> None:
    first = await create(api)
    raw = '{"channels":["bluesky"],\n "scheduledAt":"WHEN", "text":"Mons\\u006fon sale","brandRef":"acme"}'
    headers = {"Content-Type": "application/json"}
    again = await api.post("/v1/contents", content=raw.replace("WHEN", FAR), headers=headers, idempotency_key=KEY)
    expect_repetition(again, first)


async def test_another_body_under_the_key_is_refused(api: ApiHarness) -> None:
    await create(api)
    expect_problem(await create(api, text="another"), 422, "IDEMPOTENCY_KEY_REUSED")
    assert await api.count() == 1


async def test_brands_do_not_share_idempotency_keys(api: ApiHarness) -> None:
    ours, theirs = await create(api), await create(api, brandRef="rival")
    assert (ours.status_code, theirs.status_code) == (202, 202)
    assert ours.json()["id"] != theirs.json()["id"]


async def test_another_api_key_of_the_brand_gets_the_answer_and_a_foreign_one_does_not(api: ApiHarness) -> None:
    first = await create(api)
    rotated, foreign = [await api.key(Scope.CONTENTS_WRITE, brand_ref=brand_ref) for brand_ref in ("acme", "rival")]
    expect_repetition(await create(api, key=rotated), first)
    expect_errors(await create(api, key=foreign), ("/brandRef", "BRAND_UNKNOWN"))


async def test_a_refusal_is_not_stored(api: ApiHarness) -> None:
    assert (await create(api, text="x" * 301)).status_code == 422
    assert (await create(api)).status_code == 202


async def test_answers_survive_a_restart(tmp_path: Path, database_url: str) -> None:
    async with open_api(tmp_path, database_url) as api:
        first = await create(api)
    async with open_api(tmp_path, database_url, fresh=False) as api:
        expect_repetition(await create(api), first)


async def test_a_repeated_change_has_the_first_answer(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    path, body = f"/v1/contents/{content_id}/reschedule", {"scheduledAt": later(days=3)}
    first = await api.post(path, body, idempotency_key=KEY)
    api.clock.ahead = timedelta(days=4)
    expect_repetition(await api.post(path, body, idempotency_key=KEY), first)
    assert (await api.read_content(content_id))["version"] == 2


async def test_a_key_names_one_operation_on_one_post(api: ApiHarness) -> None:
    one, two = [f"/v1/contents/{(await api.submit())['id']}" for _ in range(2)]
    assert (await api.post(f"{one}/cancel", idempotency_key=KEY)).status_code == 200
    expect_problem(await api.post(f"{two}/cancel", idempotency_key=KEY), 422, "IDEMPOTENCY_KEY_REUSED")
    assert (await api.read(two))["status"] == "accepted"
    moved = await api.post(f"{two}/reschedule", {"scheduledAt": later(days=2)}, idempotency_key=KEY)
    assert moved.is_success


@pytest.mark.each_database(False)
async def test_a_stored_answer_cannot_be_read_in_the_database(api: ApiHarness) -> None:
    await create(api, text="a secret plan")
    async with api.services.database.read() as session:
        row = await session.get(IdempotencyRow, ("acme contents.create", KEY))
    assert row is not None
    assert b"secret plan" not in row.answer


async def test_an_answer_of_an_earlier_version_is_repeated_as_it_was(api: ApiHarness) -> None:
    first, record = await create(api), ("acme contents.create", KEY)
    identity = json.dumps({"id": first.json()["id"], "version": 1}).encode()
    older = b'{"field": "that is gone"}'
    async with api.services.database.write() as session:
        row = await session.get(IdempotencyRow, record)
        assert row is not None
        row.answer = api.services.keyring.seal(
            identity + b"\n" + older, table="idempotency", row=" ".join(record), column="answer"
        )
    again = await create(api)
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (202, older, "true")
    assert again.headers["location"] == first.headers["location"]


async def test_answers_are_kept_for_a_day_at_least(api: ApiHarness) -> None:
    await create(api)
    now = api.clock.now()
    assert timedelta(hours=24) <= KEPT
    assert await forget_old_answers(api.services.database, now + KEPT) == 0
    assert await forget_old_answers(api.services.database, now + KEPT + timedelta(seconds=1)) == 1


@pytest.mark.each_database(False)
@pytest.mark.parametrize("key", ["simple", '"quoted with space"', "a-b_c:d/e.f", '"es\\"caped"', "x" * 255])
async def test_well_formed_keys_are_accepted(api: ApiHarness, key: str) -> None:
    assert (await api.try_submit(idempotency_key=key)).status_code == 202


@pytest.mark.each_database(False)
async def test_a_request_waits_while_an_equal_one_is_in_flight(tmp_path: Path, postgres_url: str) -> None:
    """On PostgreSQL. On SQLite the second request waits for the first, as the fifty do."""
    async with open_api(tmp_path, postgres_url) as api:
        path = f"/v1/contents/{(await api.submit())['id']}/cancel"
        record = IdempotencyRecord(api.services.keyring, "acme contents.cancel", KEY, ("whatever",))
        async with api.services.database.write() as session:
            await record.take(session, api.clock.now())
            answer = await api.post(path, idempotency_key=KEY)
    expect_problem(answer, 409, "IN_FLIGHT")
    assert answer.headers["retry-after"] == "1"


async def test_a_stored_fingerprint_cannot_be_computed_from_the_request_alone(api: ApiHarness) -> None:
    """A request may hold a password: a plain hash would let a reader of the database try passwords."""
    await create(api)
    what = canonical(["/v1/contents", api.body()])
    async with api.services.database.read() as session:
        stored = (await session.exec(select(IdempotencyRow.fingerprint))).one()
    assert stored != hashlib.sha256(what).hexdigest()
    assert stored == fingerprints(api.services.keyring, what)[0]
    assert stored not in fingerprints(KeyRing([create_key()]), what)


def test_requests_are_recognized_after_a_rotation() -> None:
    what, old, new = canonical(["/v1/contents", {}]), create_key(), create_key()
    assert fingerprints(KeyRing([old]), what)[0] in fingerprints(KeyRing([new, old]), what)
