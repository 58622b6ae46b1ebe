"""Idempotency-Key: one content however often it is asked for, and the same bytes each time."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlmodel import select, update

from api.idempotency import fingerprints
from munadi.crypto import KeyRing, create_key
from munadi.db.idempotency import KEPT, IdempotencyRecord, forget_old_answers
from munadi.db.tables import ContentRow, IdempotencyRow, MediaRow, PublicationRow
from munadi.domain.key import Scope
from munadi.intake.strict_json import canonical
from tests.api.desk import FAR, Desk, later, open_desk

KEY = {"Idempotency-Key": "cms-42"}


async def create(desk: Desk, headers: dict[str, str] = KEY, **changes: Any) -> httpx.Response:
    return await desk.client.post("/v1/contents", json=desk.content(**changes), headers=headers)


async def test_fifty_at_once_make_one_content_and_one_answer(desk: Desk) -> None:
    answers = await asyncio.gather(*(create(desk) for _ in range(50)))
    made = [answer for answer in answers if answer.status_code == 202]
    # PostgreSQL may say "in flight" instead of waiting for long.
    assert {answer.status_code for answer in answers} <= ({202} if desk.on_sqlite else {202, 409})
    assert {answer.content for answer in made} == {made[0].content}
    assert len([answer for answer in made if "idempotent-replayed" not in answer.headers]) == 1
    assert [await desk.count(table) for table in (ContentRow, PublicationRow, IdempotencyRow)] == [1, 1, 1]


async def test_a_repetition_has_the_first_answer_byte_for_byte(desk: Desk) -> None:
    first = await create(desk)
    content_id = first.json()["id"]
    await desk.client.post(f"/v1/contents/{content_id}/cancel")
    again = await create(desk, {"Idempotency-Key": '"cms-42"'})
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    for name in ("location", "etag", "content-type"):
        assert again.headers[name] == first.headers[name]


async def test_the_same_json_in_another_spelling_is_the_same_request(desk: Desk) -> None:
    first = await create(desk)
    raw = '{"channels":["bluesky"],\n "scheduledAt":"WHEN", "text":"Mons\\u006fon sale","brandRef":"acme"}'
    again = await desk.client.post(
        "/v1/contents", content=raw.replace("WHEN", FAR), headers=KEY | {"Content-Type": "application/json"}
    )
    assert again.content == first.content


async def test_another_body_under_the_key_is_refused(desk: Desk) -> None:
    await create(desk)
    other = await create(desk, text="another")
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert await desk.count() == 1


async def test_brands_do_not_share_keys(desk: Desk) -> None:
    ours, theirs = await create(desk), await create(desk, brandRef="rival")
    assert (ours.status_code, theirs.status_code) == (202, 202)
    assert ours.json()["id"] != theirs.json()["id"]


async def test_a_rotated_api_key_finds_the_answer_and_a_foreign_one_does_not(desk: Desk) -> None:
    first = await create(desk)
    rotated = await desk.key(Scope.CONTENTS_WRITE, brand_ref="acme")
    assert (await create(desk, KEY | rotated)).content == first.content
    foreign = await create(desk, KEY | await desk.key(Scope.CONTENTS_WRITE, brand_ref="rival"))
    assert (foreign.status_code, foreign.json()["errors"][0]["code"]) == (422, "BRAND_UNKNOWN")


async def test_a_refusal_is_not_kept(desk: Desk) -> None:
    assert (await create(desk, text="x" * 301)).status_code == 422
    assert (await create(desk)).status_code == 202


async def test_a_repetition_outlives_the_due_time_and_the_account(desk: Desk) -> None:
    first = await create(desk, scheduledAt=later(hours=1))
    desk.clock.ahead = timedelta(hours=2)
    again = await create(desk, scheduledAt=later(hours=1))
    assert (again.status_code, again.content) == (202, first.content)


async def test_a_repetition_fetches_no_media_again(desk: Desk) -> None:
    media = [{"url": desk.site.url("/a.jpg")}]
    first = await create(desk, media=media)
    del desk.site.files["/a.jpg"]
    again = await create(desk, media=media)
    assert (again.status_code, again.content) == (202, first.content)
    assert desk.site.asked["/a.jpg"] == 1
    assert await desk.count(MediaRow) == 1


async def test_answers_outlive_a_restart(tmp_path: Path, database_url: str) -> None:
    async with open_desk(tmp_path, database_url) as desk:
        first = await create(desk)
        body = desk.content()
    async with open_desk(tmp_path, database_url, fresh=False) as desk:
        again = await desk.client.post("/v1/contents", json=body, headers=KEY)
        assert again.content == first.content


async def test_changes_are_repeated_safely_too(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    path = f"/v1/contents/{content_id}/reschedule"
    body = {"scheduledAt": later(days=3)}
    first = await desk.client.post(path, json=body, headers=KEY)
    desk.clock.ahead = timedelta(days=4)
    again = await desk.client.post(path, json=body, headers=KEY)
    assert (first.status_code, again.content) == (200, first.content)
    assert (await desk.read(content_id))["version"] == 2


async def test_a_key_names_one_operation_on_one_content(desk: Desk) -> None:
    one, two = [(await desk.accept())["id"] for _ in range(2)]
    assert (await desk.client.post(f"/v1/contents/{one}/cancel", headers=KEY)).status_code == 200
    other = await desk.client.post(f"/v1/contents/{two}/cancel", headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert (await desk.read(two))["status"] == "accepted"
    assert (
        await desk.client.post(f"/v1/contents/{two}/reschedule", json={"scheduledAt": later(days=2)}, headers=KEY)
    ).is_success


async def test_what_is_kept_cannot_be_read_in_the_database(small_desk: Desk) -> None:
    await create(small_desk, text="a secret plan")
    async with small_desk.services.database.read() as session:
        row = await session.get(IdempotencyRow, ("acme contents.create", "cms-42"))
    assert row is not None
    assert b"secret plan" not in row.body


async def test_old_answers_are_forgotten_after_a_day_at_the_earliest(desk: Desk) -> None:
    await create(desk)
    now = desk.clock.now()
    assert timedelta(hours=24) <= KEPT
    assert await forget_old_answers(desk.services.database, now + KEPT) == 0
    assert await forget_old_answers(desk.services.database, now + KEPT + timedelta(seconds=1)) == 1


@pytest.mark.parametrize("spelling", ["simple", '"quoted with space"', "a-b_c:d/e.f", '"es\\"caped"', "x" * 255])
async def test_good_keys_are_taken(small_desk: Desk, spelling: str) -> None:
    assert (await create(small_desk, {"Idempotency-Key": spelling})).status_code == 202


async def test_an_equal_request_in_flight_is_told_to_wait(tmp_path: Path, postgres_url: str) -> None:
    """On PostgreSQL; on SQLite the second waits, then replays, as the fifty do."""
    async with open_desk(tmp_path, postgres_url) as desk:
        content_id = (await desk.accept())["id"]
        record = IdempotencyRecord(desk.services.keyring, "acme contents.cancel", "cms-42", ("whatever",))
        async with desk.services.database.write() as session:
            await record.take(session, desk.clock.now())
            answer = await desk.client.post(f"/v1/contents/{content_id}/cancel", headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (409, "IN_FLIGHT")
    assert answer.headers["retry-after"] == "1"


async def test_the_stored_fingerprint_of_a_request_cannot_be_guessed_from_the_request(desk: Desk) -> None:
    """A request may hold a password: a plain hash of it would let a reader of the database try passwords."""
    await create(desk)
    what = canonical(["/v1/contents", desk.content()])
    async with desk.services.database.read() as session:
        stored = (await session.exec(select(IdempotencyRow.fingerprint))).one()
    assert stored != hashlib.sha256(what).hexdigest()
    assert stored == fingerprints(desk.services.keyring, what)[0]
    assert stored not in fingerprints(KeyRing([create_key()]), what)


async def test_a_rotation_and_an_upgrade_forget_no_request(desk: Desk) -> None:
    first = await create(desk)
    what = canonical(["/v1/contents", desk.content()])
    old, new = create_key(), create_key()
    assert fingerprints(KeyRing([old]), what)[0] in fingerprints(KeyRing([new, old]), what)
    async with desk.services.database.write() as session:
        await session.exec(update(IdempotencyRow).values(fingerprint=hashlib.sha256(what).hexdigest()))
    again = await create(desk)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    other = await create(desk, text="another")
    assert other.json()["code"] == "IDEMPOTENCY_KEY_REUSED"
