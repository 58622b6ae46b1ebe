"""A person's word on an unknown outcome."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from munadi.db.ids import new_id
from munadi.db.tables import AttemptRow
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix
from munadi.domain.publication import PublicationStatus
from tests.api.changing import walk
from tests.api.desk import START, Desk
from tests.api.test_bad_input import errors_of

S = PublicationStatus


async def test_a_person_settles_an_unknown_outcome(desk: Desk) -> None:
    made = await desk.accept()
    publication_id = made["publications"][0]["id"]
    path = f"/v1/publications/{publication_id}/resolve"
    early = await desk.client.post(path, json={"outcome": "published"})
    errors_of(early, 409)
    assert early.json()["code"] == "NOT_UNCONFIRMED"
    await walk(desk, made["id"], S.QUEUED, S.PUBLISHING)
    async with desk.story(made["id"]) as story:
        attempt = AttemptRow(
            id=new_id(Prefix.ATTEMPT),
            publication_id=publication_id,
            stage="post",
            number=1,
            epoch=1,
            holder="w",
            intent_at=START,
            deadline_at=START + timedelta(seconds=30),
        )
        story.session.add(attempt)
        await story.move(story.publications[0], S.UNCONFIRMED, EventType.PUBLISH_UNCONFIRMED)
    for body, pointer in (
        ({"outcome": "maybe"}, "/outcome"),
        ({"outcome": "not_published", "providerPostId": "1"}, "/providerPostId"),
        ({"outcome": "published", "providerUrl": "javascript:1"}, "/providerUrl"),
    ):
        assert [error["pointer"] for error in errors_of(await desk.client.post(path, json=body))] == [pointer]
    body = {"outcome": "published", "providerPostId": "at://1", "providerUrl": "https://bsky.app/1"}
    done = await desk.client.post(path, json=body)
    assert done.status_code == 200
    settled = done.json()
    assert (settled["status"], settled["providerPostId"], settled["contentId"]) == ("published", "at://1", made["id"])
    assert [entry["outcome"] for entry in settled["attemptLog"]] == ["sent"]
    assert set(settled["attemptLog"][0]) == {
        "id",
        "stage",
        "number",
        "intentAt",
        "endedAt",
        "outcome",
        "providerCode",
        "raw",
        "durationMs",
    }
    assert (await desk.client.post(path, json=body)).json() == settled
    errors_of(await desk.client.post(path, json={"outcome": "not_published"}), 409)
    assert (await desk.client.get(f"/v1/publications/{publication_id}")).json() == settled
    assert (await desk.read(made["id"]))["status"] == "published"


async def test_a_post_has_one_owner(desk: Desk) -> None:
    body = {"outcome": "published", "providerPostId": "at://same"}
    answers = []
    for _ in range(2):
        made = await desk.accept()
        await walk(desk, made["id"], S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
        path = f"/v1/publications/{made['publications'][0]['id']}/resolve"
        answers.append(await desk.client.post(path, json=body))
    assert answers[0].status_code == 200
    errors_of(answers[1], 409)
    assert answers[1].json()["code"] == "POST_ID_TAKEN"


async def test_another_post_than_the_one_that_is_known_is_a_conflict(desk: Desk) -> None:
    made = await desk.accept()
    await walk(desk, made["id"], S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
    path = f"/v1/publications/{made['publications'][0]['id']}/resolve"
    first = await desk.client.post(path, json={"outcome": "published"})
    assert (first.status_code, first.json()["providerPostId"]) == (200, None)
    named = await desk.client.post(path, json={"outcome": "published", "providerPostId": "at://1"})
    assert (named.status_code, named.json()["providerPostId"]) == (200, "at://1")
    for body in ({"outcome": "published"}, {"outcome": "published", "providerPostId": "at://1"}):
        again = await desk.client.post(path, json=body)
        assert (again.status_code, again.json()) == (200, named.json())
    other = await desk.client.post(path, json={"outcome": "published", "providerPostId": "at://2"})
    errors_of(other, 409)
    assert other.json()["code"] == "NOT_UNCONFIRMED"


async def test_two_people_may_name_the_same_post_at_once(desk: Desk) -> None:
    paths = []
    for _ in range(6):
        made = await desk.accept()
        await walk(desk, made["id"], S.QUEUED, S.PUBLISHING, S.UNCONFIRMED)
        paths.append(f"/v1/publications/{made['publications'][0]['id']}/resolve")
    body = {"outcome": "published", "providerPostId": "at://one"}
    answers = await asyncio.gather(*(desk.client.post(path, json=body) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [200, *[409] * 5]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"POST_ID_TAKEN"}
