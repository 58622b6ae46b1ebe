"""Resolving an unknown outcome by hand."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from munadi.db.ids import new_id
from munadi.db.tables import AttemptRow
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix
from munadi.domain.publication import PublicationStatus
from tests.api.harness import ApiHarness
from tests.api.problems import expect_errors, expect_problem
from tests.db.seeding import START

pytestmark = pytest.mark.each_database
S = PublicationStatus
PUBLISHED = {"outcome": "published"}


async def unconfirmed(api: ApiHarness) -> str:
    """The path to resolve a publication whose outcome is unknown."""
    made = await api.submit()
    await api.move(made["id"], S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
    return f"/v1/publications/{made['publications'][0]['id']}/resolve"


async def test_a_person_resolves_an_unknown_outcome(api: ApiHarness) -> None:
    made = await api.submit()
    publication_id = made["publications"][0]["id"]
    path = f"/v1/publications/{publication_id}/resolve"
    expect_problem(await api.post(path, PUBLISHED), 409, "NOT_UNCONFIRMED")
    await api.move(made["id"], S.QUEUED, S.PUBLISHING)
    times = {"intent_at": START, "deadline_at": START + timedelta(seconds=30)}
    attempt = {"publication_id": publication_id, "stage": "post", "number": 1, "epoch": 1, "holder": "w", **times}
    async with api.locked(made["id"]) as content:
        content.session.add(AttemptRow(id=new_id(Prefix.ATTEMPT), **attempt))
        await content.move(content.publications[0], S.UNCONFIRMED, EventType.PUBLISH_UNCONFIRMED)
    for body, pointer in (
        ({"outcome": "maybe"}, "/outcome"),
        ({"outcome": "not_published", "providerPostId": "1"}, "/providerPostId"),
        (PUBLISHED | {"providerUrl": "javascript:1"}, "/providerUrl"),
    ):
        expect_errors(await api.post(path, body), pointer)
    body = PUBLISHED | {"providerPostId": "at://1", "providerUrl": "https://bsky.app/1"}
    resolved = await api.create(path, body)
    assert (resolved["status"], resolved["providerPostId"]) == ("published", "at://1")
    assert resolved["contentId"] == made["id"]
    [entry] = resolved["attemptLog"]
    assert entry["outcome"] == "sent"
    assert " ".join(sorted(entry)) == "durationMs endedAt id intentAt number outcome providerCode raw stage"
    assert await api.create(path, body) == await api.read(f"/v1/publications/{publication_id}") == resolved
    expect_problem(await api.post(path, {"outcome": "not_published"}), 409)
    assert (await api.read_content(made["id"]))["status"] == "published"


async def test_a_post_of_the_network_belongs_to_one_publication(api: ApiHarness) -> None:
    paths = [await unconfirmed(api) for _ in range(6)]
    body = PUBLISHED | {"providerPostId": "at://one"}
    answers = await asyncio.gather(*(api.post(path, body) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    for answer in answers:
        if answer.status_code == 409:
            expect_problem(answer, 409, "POST_ID_TAKEN")


async def test_another_post_than_the_known_one_is_a_conflict(api: ApiHarness) -> None:
    path, named = await unconfirmed(api), PUBLISHED | {"providerPostId": "at://1"}
    assert (await api.create(path, PUBLISHED))["providerPostId"] is None
    resolved = await api.create(path, named)
    assert resolved["providerPostId"] == "at://1"
    for body in (PUBLISHED, named):
        assert await api.create(path, body) == resolved
    expect_problem(await api.post(path, PUBLISHED | {"providerPostId": "at://2"}), 409, "NOT_UNCONFIRMED")
