"""Imports: each row of a file is accepted or refused for itself, and none twice, however often the file is sent."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from munadi.db.events.log import number_events
from munadi.db.tables import ContentRow, ImportLineRow, ImportRow, MediaRow
from munadi.domain.imports import MAX_ROW_BYTES, MAX_ROWS
from munadi.domain.key import Scope
from munadi.imports.store import KEPT, remove_old
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors, expect_problem
from tests.api.servers import picture

CSV, NDJSON, ZIP = "text/csv", "application/x-ndjson", "application/zip"


async def send(
    api: ApiHarness,
    content: str | bytes,
    kind: str = NDJSON,
    *,
    query: str = "",
    key: str | None = None,
    **headers: str,
) -> httpx.Response:
    api.clock.ahead += timedelta(seconds=1)  # what was accepted before this import is older than it
    sent = {"Authorization": f"Bearer {key or api.admin_key}", "Content-Type": kind, **headers}
    return await api.client.post(f"/v1/imports?brandRef=acme{query}", content=content, headers=sent)


async def ended(api: ApiHarness, answer: httpx.Response) -> dict[str, Any]:
    """The import once every row has its result."""
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(20):
        while (found := await api.read(f"/v1/imports/{answer.json()['id']}"))["status"] == "running":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return found


async def rows_of(api: ApiHarness, found: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = await api.read_list(f"/v1/imports/{found['id']}/rows?limit=100{query}")
    return listed


def row(number: int, **changes: Any) -> dict[str, Any]:
    """A row of NDJSON."""
    made = {
        "rowKey": f"r{number}",
        "text": f"Post {number}",
        "channels": ["bluesky"],
        "scheduledAt": later(days=number),
    }
    return {name: value for name, value in (made | changes).items() if value is not None}


def ndjson(*rows: Any) -> str:
    return "".join(each if isinstance(each, str) else json.dumps(each) + "\n" for each in rows)


async def read(api: ApiHarness, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [await api.read_content(each["contentId"]) for each in found if each["contentId"]]


@pytest.mark.each_database
async def test_each_row_has_its_result_and_the_same_file_accepts_nothing_twice(api: ApiHarness) -> None:
    rows = [row(1), row(2, text="x" * 400), "not json\n", row(3, rowKey=None), row(4, rowKey="r1"), "\n", row(5)]
    first = await ended(api, await send(api, ndjson(*rows)))
    assert first["counts"] == {"total": 6, "accepted": 2, "repeated": 0, "valid": 0, "refused": 4}
    found = await rows_of(api, first)
    assert [(each["line"], each["status"]) for each in found] == [
        (1, "accepted"), (2, "refused"), (3, "refused"), (4, "refused"), (5, "refused"), (7, "accepted"),
    ]  # fmt: skip
    pointers = [[problem["pointer"] for problem in each["problems"]] for each in found[1:5]]
    assert pointers == [["/text"], [""], ["/rowKey"], ["/rowKey"]]
    assert found[1]["problems"][0]["limit"] == 300
    assert [post["text"] for post in await read(api, found)] == ["Post 1", "Post 5"]
    # The mended file again: what was accepted is found, what was refused is tried.
    rows[1] = row(2)
    again = await ended(api, await send(api, ndjson(*rows)))
    assert again["counts"] == {"total": 6, "accepted": 1, "repeated": 2, "valid": 0, "refused": 3}
    assert (await rows_of(api, again, "&status=repeated"))[0]["contentId"] == found[0]["contentId"]
    assert await api.count() == 3
    listed = await api.read_list("/v1/imports?brandRef=acme")
    assert [each["id"] for each in listed] == [again["id"], first["id"]]


async def test_a_key_is_remembered_beyond_two_days_and_guards_other_values(api: ApiHarness) -> None:
    await ended(api, await send(api, ndjson(row(1, scheduledAt=later(days=300)))))
    api.clock.ahead = timedelta(days=200)
    from munadi.db.idempotency import forget_old_answers

    await forget_old_answers(api.services.database, api.clock.now())
    again = await ended(api, await send(api, ndjson(row(1, scheduledAt=later(days=300)))))
    assert again["counts"]["repeated"] == 1
    other = await ended(api, await send(api, ndjson(row(1, text="other", scheduledAt=later(days=300)))))
    [refused] = await rows_of(api, other)
    assert (refused["status"], refused["code"]) == ("refused", "IDEMPOTENCY_KEY_REUSED")
    assert refused["problems"][0]["pointer"] == "/rowKey"
    assert await api.count() == 1


async def test_a_dry_run_finds_what_acceptance_finds_and_stores_nothing(api: ApiHarness) -> None:
    rows = ndjson(
        row(1), row(2, text="x" * 400), row(3, channels=["x"]), row(4, brandRef="rival"), row(5, scheduledAt=None),
        row(6, media=[{"url": "https://10.0.0.1/a.jpg"}]), row(7, scheduledAt="2020-01-01T00:00:00Z"),
    )  # fmt: skip
    tried = await ended(api, await send(api, rows, query="&dryRun=true"))
    api.clock.ahead = timedelta(0)  # problems name the time
    assert (await api.count(), tried["dryRun"], tried["counts"]["valid"]) == (0, True, 1)
    real = await ended(api, await send(api, rows))
    assert real["counts"] == {**tried["counts"], "valid": 0, "accepted": 1}
    said = [(each["line"], each["problems"]) for each in await rows_of(api, tried, "&status=refused")]
    assert said == [(each["line"], each["problems"]) for each in await rows_of(api, real, "&status=refused")]
    api.clock.ahead = timedelta(seconds=1)
    after = await ended(api, await send(api, rows, query="&dryRun=true"))
    assert after["counts"]["repeated"] == 1


async def test_csv_has_columns_for_networks_and_problems_name_them(api: ApiHarness) -> None:
    [one, _] = [each["id"] for each in await api.read_list("/v1/accounts?brandRef=acme&channel=instagram")]
    api.site.files["/photo.jpg"], jpg = picture(1080, 1080), api.site.url("/photo.jpg")
    header = "rowkey;Channels;scheduledAt;timezone;text;text.bluesky;media;alt;metadata.campaign;options.bluesky.langs"
    cells = [
        f'a;"bluesky, instagram:{one}";2026-12-24T09:00;Asia/Kolkata;"Two\nlines; ""quoted""";'
        f'Short;{jpg};A cup;tea;"[""en""]"',
        f"b;bluesky;{later(days=1)};;{'x' * 400};;;;;",
        f"c;instagram:{one};{later(days=2)};;no picture;for bluesky;;;;",
        f"d;bluesky;{later(days=3)};;{'y' * 10};{'z' * 400};;;;",
    ]
    content = "\ufeff" + "\r\n".join([header, *cells]) + "\r\n"
    found = await rows_of(api, await ended(api, await send(api, content, CSV)))
    assert [(each["line"], each["status"]) for each in found] == [
        (2, "accepted"), (4, "refused"), (5, "refused"), (6, "refused"),
    ]  # fmt: skip
    assert [each["problems"][0]["column"] for each in found[1:]] == ["text", None, "text.bluesky"]
    [post] = await read(api, found)
    assert post["text"] == 'Two\nlines; "quoted"'
    assert post["scheduledAt"] == "2026-12-24T03:30:00Z"
    assert post["metadata"] == {"campaign": "tea"}
    assert post["media"][0]["alt"] == "A cup"
    assert {each["accountId"] for each in post["publications"] if each["channel"] == "instagram"} == {one}


async def test_a_file_that_is_no_table_is_refused_whole(api: ApiHarness) -> None:
    head = "rowKey,channels,text\n"
    for content, kind, code in (
        ("rowKey,chanels,text\na,b,c\n", CSV, "COLUMN_UNKNOWN"),
        ("rowKey,text\na,b\n", CSV, "COLUMN_MISSING"),
        (head + 'a,bluesky,"never closed\n', CSV, "IMPORT_NOT_CSV"),
        (head.encode() + b"a,bluesky,caf\xe9\n", CSV, "IMPORT_NOT_UTF8"),
        (head, CSV, "IMPORT_EMPTY"),
        ("\n\n", NDJSON, "IMPORT_EMPTY"),
        ("{}\n" * (MAX_ROWS + 1), NDJSON, "IMPORT_TOO_LONG"),
    ):
        answer = await send(api, content, kind)
        assert code in [each["code"] for each in answer.json()["errors"]], answer.text
        assert answer.status_code == 422
    expect_problem(await send(api, "<rows/>", "text/xml"), 415)
    expect_problem(await send(api, "{}", "application/json"), 415)
    assert [await api.count(table) for table in (ImportRow, ImportLineRow, ContentRow)] == [0, 0, 0]
    too_long = await ended(api, await send(api, ndjson(row(1, text="x" * MAX_ROW_BYTES), row(2))))
    assert [each["status"] for each in await rows_of(api, too_long)] == ["refused", "accepted"]


@pytest.mark.each_database
async def test_an_import_continues_where_a_killed_process_left_it(api: ApiHarness) -> None:
    """The process died after it had accepted rows, and before it stored their results."""
    answer = await send(api, ndjson(*(row(number) for number in range(1, 26))))
    first = await ended(api, answer)
    async with api.services.database.write() as session:
        [kept] = (await session.exec(select(ImportRow))).all()
        kept.status, kept.accepted, kept.ended_at = "running", 5, None
        for line in (await session.exec(select(ImportLineRow).where(ImportLineRow.line > 5))).all():
            number = line.line
            line.status, line.content_id = "pending", None
            line.sent = {name: value for name, value in row(number).items() if name != "rowKey"} | {"brandRef": "acme"}
    while await api.services.importer.round():
        pass
    assert await api.read(f"/v1/imports/{first['id']}") == first
    assert await api.count() == 25


async def test_an_import_acts_for_its_key_and_stops_with_it(api: ApiHarness) -> None:
    reader = await api.key(Scope.CONTENTS_READ)
    expect_problem(await send(api, ndjson(row(1)), key=reader), 403, "SCOPE_MISSING")
    rival = await api.key(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, brand_ref="rival")
    expect_errors(await send(api, ndjson(row(1)), key=rival), "/brandRef")
    proposer = await api.key(Scope.CONTENTS_PROPOSE, Scope.CONTENTS_READ, brand_ref="acme")
    proposed = await ended(api, await send(api, ndjson(row(1)), key=proposer))
    [post] = await read(api, await rows_of(api, proposed))
    assert post["approval"]["status"] == "requested"
    expect_problem(await api.get(f"/v1/imports/{proposed['id']}", key=rival), 404)
    expect_problem(await api.get(f"/v1/imports/{proposed['id']}/rows", key=rival), 404)
    async with api.services.database.write() as session:
        [kept] = (await session.exec(select(ImportRow))).all()
        kept.status, kept.ended_at = "running", None
        [line] = (await session.exec(select(ImportLineRow))).all()
        line.status, line.row_key, line.sent = "pending", "other", {"brandRef": "acme"}
    await api.revoke(proposer)
    while await api.services.importer.round():
        pass
    assert (await api.read(f"/v1/imports/{proposed['id']}"))["status"] == "stopped"
    assert [each["status"] for each in await rows_of(api, proposed)] == ["pending"]
    assert await api.count() == 1


async def test_one_request_is_one_import_and_its_end_is_an_event(api: ApiHarness) -> None:
    content = ndjson(row(1), row(2, text="x" * 400))
    key = {"Idempotency-Key": "sheet"}
    first, again = await send(api, content, **key), await send(api, content, **key)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    assert first.headers["location"] == f"/v1/imports/{first.json()['id']}"
    expect_problem(await send(api, ndjson(row(3)), **key), 422, "IDEMPOTENCY_KEY_REUSED")
    done = await ended(api, first)
    await ended(api, await send(api, content, query="&dryRun=true"))
    await number_events(api.services.database)
    events = await api.read_list("/v1/events?type=import.completed")
    assert [(each["status"], each["data"]["summary"]) for each in events] == [("completed", done)]
    [entry] = await api.read_list("/v1/audit?action=import.created&target=" + done["id"])
    assert entry["brandRef"] == "acme"


async def test_imports_end_after_a_month_and_with_their_brand(api: ApiHarness) -> None:
    found = await ended(api, await send(api, ndjson(row(40), row(41))))
    api.clock.ahead = KEPT + timedelta(hours=1)
    async with api.services.database.write() as session:
        while await remove_old(session, api.clock.now(), 1):
            pass
    expect_problem(await api.get(f"/v1/imports/{found['id']}"), 404)
    assert [await api.count(table) for table in (ImportRow, ImportLineRow)] == [0, 0]
    assert await api.count() == 2
    assert await api.count(MediaRow) == 0
