"""Edits: laid over what was there, checked like a new content, and only for whoever saw the newest version."""

from __future__ import annotations

import asyncio

import pytest
from sqlmodel import select

from munadi.db.tables import AccountRow, DiscardRow, DraftRow
from munadi.domain.channel import ChannelName
from tests.api.changing import change, edit, rows, types_of
from tests.api.desk import Desk, later
from tests.api.test_bad_input import errors_of


async def test_an_edit_needs_the_version_it_is_based_on(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    missing = await edit(desk, content_id, {"text": "x"}, None)
    errors_of(missing, 428)
    stale = await edit(desk, content_id, {"text": "x"}, '"7"')
    errors_of(stale, 412)
    assert stale.headers["etag"] == '"1"'
    done = await edit(desk, content_id, {"text": "x"}, 'W/"0", "1"')
    assert (done.status_code, done.headers["etag"], done.json()["text"]) == (200, '"2"', "x")
    assert await types_of(desk, content_id) == ["content.accepted", "content.updated"]


@pytest.mark.parametrize("match", ["1", "", '"1', '1"', '"1" "2"', '"1", 2', "W/1", 'w/"1"', '*, "1"', '"a b"', "'1'"])
async def test_a_malformed_if_match_is_told(small_desk: Desk, match: str) -> None:
    content_id = (await small_desk.accept())["id"]
    for answer in (
        await edit(small_desk, content_id, {"text": "x"}, match),
        await change(small_desk, content_id, "cancel", match=match),
    ):
        errors_of(answer, 400)
        assert answer.json()["code"] == "IF_MATCH_MALFORMED"


async def test_a_weak_tag_is_never_the_current_one(small_desk: Desk) -> None:
    content_id = (await small_desk.accept())["id"]
    weak = await edit(small_desk, content_id, {"text": "x"}, 'W/"1"')
    errors_of(weak, 412)
    assert "weak" in weak.json()["detail"]
    for match in ('"9","1"', " * "):
        version = (await small_desk.read(content_id))["version"]
        answer = await edit(small_desk, content_id, {"text": match}, match.replace("1", str(version)))
        assert answer.status_code == 200


async def test_of_concurrent_edits_one_wins_and_the_rest_are_stale(desk: Desk) -> None:
    content_id = (await desk.accept())["id"]
    answers = await asyncio.gather(*(edit(desk, content_id, {"text": f"text {n}"}) for n in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 9
    won = next(answer.json()["text"] for answer in answers if answer.status_code == 200)
    assert (await desk.read(content_id))["text"] == won
    async with desk.services.database.read() as session:
        draft = await session.get(DraftRow, (content_id, 2))
    assert draft is not None
    assert {each["text"] for each in draft.resolved.values()} == {won}


async def test_an_edit_lays_what_was_sent_over_what_was_there(desk: Desk) -> None:
    made = await desk.accept(
        text="all",
        link="https://acme.example/sale",
        media=[{"url": desk.site.url("/a.jpg"), "alt": "an umbrella"}],
        channels=[{"channel": "bluesky", "text": "only here"}],
    )
    media_id = made["media"][0]["id"]
    done = (await edit(desk, made["id"], {"text": "new", "link": None})).json()
    assert (done["text"], done["link"]) == ("new", None)
    assert [(media["id"], media["alt"]) for media in done["media"]] == [(media_id, "an umbrella")]
    # The override is still there, so what would be seen differs by the link alone.
    assert (done["version"], done["draftVersion"]) == (2, 2)
    done = (await edit(desk, made["id"], {"channels": [{"channel": "bluesky", "text": None}]}, '"2"')).json()
    async with desk.services.database.read() as session:
        draft = await session.get(DraftRow, (made["id"], 3))
    assert draft is not None
    assert [each["text"] for each in draft.resolved.values()] == ["new"]
    done = (await edit(desk, made["id"], {"media": []}, '"3"')).json()
    assert done["media"] == []
    assert desk.site.asked["/a.jpg"] == 1


async def test_the_draft_moves_on_only_when_something_is_seen_differently(desk: Desk) -> None:
    made = await desk.accept(text="all", channels=[{"channel": "bluesky", "text": "only here"}])
    publication_id = made["publications"][0]["id"]
    async with desk.story(made["id"]) as story:
        row = story.publication(publication_id)
        row.handle, row.handle_ready, row.handle_draft_version = {"container": "c1"}, True, 1
    unseen = (await edit(desk, made["id"], {"text": "nobody sees this"})).json()
    assert (unseen["text"], unseen["version"], unseen["draftVersion"]) == ("nobody sees this", 2, 1)
    async with desk.story(made["id"]) as story:
        assert story.publication(publication_id).handle_ready
    seen = (await edit(desk, made["id"], {"channels": [{"channel": "bluesky", "text": "new"}]}, '"2"')).json()
    assert (seen["version"], seen["draftVersion"]) == (3, 2)
    async with desk.story(made["id"]) as story:
        assert not story.publication(publication_id).handle_ready


async def test_the_lead_follows_the_draft(desk: Desk) -> None:
    made = await desk.accept()
    before = [row.lead_seconds for row in await rows(desk, made["id"])]
    await edit(desk, made["id"], {"media": [{"url": desk.site.url("/a.jpg")}]})
    after = [row.lead_seconds for row in await rows(desk, made["id"])]
    assert (before, after[0] > 0) == ([0.0], True)


async def test_an_edit_is_checked_like_a_new_content(desk: Desk) -> None:
    instagram = await desk.account(ChannelName.INSTAGRAM)
    made = await desk.accept(
        media=[{"url": desk.site.url("/b.jpg")}],
        channels=[{"channel": "instagram", "accountId": instagram}, "bluesky"],
    )
    body = {
        "text": "x" * 400,
        "channels": [{"channel": "bluesky", "options": {"langs": "de"}}],
        "media": [{"url": desk.site.url("/gone.jpg")}],
    }
    broken = {("/text", "TEXT_TOO_LONG"), ("/channels/0/options/langs", "INVALID_OPTION")}
    errors = errors_of(await edit(desk, made["id"], body | {"scheduledAt": later(days=3)}))
    assert {(error["pointer"], error["code"]) for error in errors} == broken | {("/scheduledAt", "UNKNOWN_FIELD")}
    assert "/gone.jpg" not in desk.site.asked  # not for a broken shape
    errors = errors_of(await edit(desk, made["id"], body))
    assert {(error["pointer"], error["code"]) for error in errors} == broken | {("/media/0/url", "MEDIA_UNREACHABLE")}
    fixed = errors_of(await edit(desk, made["id"], {"channels": ["instagram", "threads"]}))
    assert [(error["pointer"], error["code"]) for error in fixed] == [("/channels/1", "CHANNELS_FIXED")]
    assert (await desk.read(made["id"]))["version"] == 1


async def test_a_held_content_can_be_edited_though_its_account_is_gone_stale(desk: Desk) -> None:
    made = await desk.accept()
    async with desk.story(made["id"]) as story:
        account = await story.session.get(AccountRow, made["publications"][0]["accountId"])
        assert account is not None
        account.status = "reauth_required"
    assert (await edit(desk, made["id"], {"text": "still mine"})).status_code == 200


async def test_what_was_prepared_for_the_old_draft_is_left_to_be_removed(desk: Desk) -> None:
    made = await desk.accept()
    async with desk.story(made["id"]) as story:
        row = story.publications[0]
        row.handle, row.handle_draft_version, row.handle_ready = {"video_id": "old"}, 1, True
    answer = await desk.client.patch(
        f"/v1/contents/{made['id']}", json={"text": "Another"}, headers={"If-Match": f'"{made["version"]}"'}
    )
    assert answer.status_code == 200, answer.text
    async with desk.story(made["id"]) as story:
        assert (story.publications[0].handle, story.publications[0].handle_ready) == (None, False)
        left = (await story.session.exec(select(DiscardRow))).all()
        assert [(one.handle, one.draft_version, one.detached) for one in left] == [({"video_id": "old"}, 1, True)]
