"""The ages of Mastodon and the servers that only speak its API, as the sandbox plays them."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import AccountImport
from tests.channels.calls import Saved
from tests.channels.connected import jpeg
from tests.channels.making import error_of, image
from tests.channels.sandbox import Acme, at, draft, imported

R, S = Reason, Effect


async def verified_again(acme: Acme) -> None:
    """The account after a check, which reads the server's software and limits."""
    await acme.connect(imported(acme.made))


async def lost(acme: Acme, kind: str, mode: str, **fields: Any) -> tuple[Any, Saved]:
    given, saved = draft(acme, kind, **fields), Saved()
    await acme.prepare(given, saved)
    acme.plant("post_status", mode)
    await error_of(acme.send(given, saved), effect=S.UNKNOWN)
    return given, saved


@at("mastodon")
@pytest.mark.parametrize("kind", ["text", "photo"])
async def test_a_server_without_idempotency_gets_a_second_post_only_after_absence(acme: Acme, kind: str) -> None:
    acme.set("switches", True, "plain")
    await verified_again(acme)
    given, saved = await lost(acme, kind, "accept_then_reset")
    found = await acme.find(given, saved)
    assert (found.post_id, found.by_likeness) == (acme.posts[0]["id"], True)
    given, saved = await lost(acme, kind, "reset", text="Another")
    assert isinstance(await acme.find(given, saved), Absent)
    await acme.finish(given, saved)
    assert [post["text"] for post in acme.posts] == ["Hello", "Another"]


@at("mastodon")
async def test_a_plain_server_hides_private_posts_from_the_look(acme: Acme) -> None:
    acme.set("switches", True, "plain")
    await verified_again(acme)
    given, saved = await lost(acme, "text", "accept_then_reset", options={"visibility": "private"})
    assert isinstance(await acme.find(given, saved), Unknown)


@at("mastodon")
@pytest.mark.parametrize("visibility", ["unlisted", "private", "direct"])
async def test_mastodon_lists_its_owners_hidden_posts(acme: Acme, visibility: str) -> None:
    given, saved = await lost(acme, "text", "accept_then_reset", options={"visibility": visibility})
    assert (await acme.find(given, saved)).post_id == acme.posts[0]["id"]
    assert acme.posts[0]["raw"]["visibility"] == visibility


@at("mastodon")
async def test_a_repeat_that_is_answered_with_500_is_found(acme: Acme) -> None:
    """Versions 4.6.0 to 4.7.1."""
    acme.set("switches", True, "failRepeats")
    given, saved = await lost(acme, "photo", "accept_then_502")
    await error_of(acme.send(given, saved), R.PROVIDER_OUTAGE, S.UNKNOWN)
    assert isinstance(await acme.find(given, saved), Published)
    assert len(acme.posts) == 1


@at("mastodon")
async def test_after_the_key_is_forgotten_the_media_still_prevent_a_second_post(acme: Acme) -> None:
    given, saved = await lost(acme, "photo", "accept_then_reset")
    acme.oracle.call("POST", "/clock", advanceSeconds=2 * 3600)
    found = await acme.send(given, saved)
    assert isinstance(found, Published)
    assert [found.post_id] == [post["id"] for post in acme.posts]


@at("mastodon")
async def test_media_that_the_server_deleted_are_uploaded_again(acme: Acme) -> None:
    given, saved = draft(acme, "photo"), Saved()
    await acme.prepare(given, saved)
    acme.oracle.call("POST", "/clock", advanceSeconds=25 * 3600)
    error = await error_of(acme.send(given, saved), R.MEDIA_PROCESSING_FAILED, S.NOT_SENT)
    assert error.provider_code == "HTTP 422"
    await acme.post(given, saved)
    assert len(acme.posts) == 1


@at("mastodon")
async def test_a_video_that_cannot_be_processed_is_reported(acme: Acme) -> None:
    acme.set("switches", True, "failProcessing")
    await acme.failure(draft(acme, "video"), reason=R.MEDIA_PROCESSING_FAILED, effect=S.REJECTED)
    assert acme.posts == []


@at("mastodon")
async def test_a_limited_account_is_told_what_became_of_its_post(acme: Acme) -> None:
    acme.oracle.call("PATCH", f"/profiles/mastodon/{acme.account.external_id}", status="limited")
    found = await acme.post(draft(acme, "text"))
    assert [warning.code for warning in found.warnings] == ["VISIBILITY_CHANGED"]


@at("mastodon")
async def test_a_changed_limit_counts_after_the_next_check(acme: Acme) -> None:
    acme.set("limits", 10, "characters")
    given = draft(acme, "text", text="eleven long")
    assert acme.channel.validate(given, acme.account) == []
    await acme.failure(given, reason=R.TEXT_TOO_LONG, effect=S.REJECTED)
    await verified_again(acme)
    assert [one.limit for one in acme.channel.validate(given, acme.account)] == [10]


@at("mastodon")
async def test_a_part_of_a_deleted_thread_is_refused(acme: Acme) -> None:
    given, saved = draft(acme, "text", parts=("Two",)), Saved()
    await acme.post(given, saved)
    saved.kept.state["posts"]["post"]["id"] = "1"
    await error_of(acme.send(given, saved, "part-2"), R.TARGET_NOT_ACCESSIBLE, S.REJECTED)


@at("mastodon")
async def test_a_poll_and_the_focus_arrive(acme: Acme) -> None:
    poll = {"options": ["yes", "no"], "expiresIn": 3600}
    await acme.post(draft(acme, "text", options={"poll": poll, "language": "en", "contentWarning": "Ad"}))
    await acme.post(draft(acme, "photo", options={"focus": [{"media": 0, "x": -1, "y": 0.5}]}))
    first, second = acme.posts
    assert (first["raw"]["poll"]["options"], first["raw"]["language"], first["raw"]["spoiler"]) == (
        ["yes", "no"],
        "en",
        "Ad",
    )
    assert second["media"][0]["alt"] == "Teal"
    headers = {"authorization": f"Bearer {acme.made['accessToken']}"}
    async with httpx.AsyncClient(headers=headers) as client:
        shown = (await client.get(f"{acme.made['serviceUrl']}/api/v1/statuses/{second['id']}")).json()
    assert shown["media_attachments"][0]["meta"] == {"focus": "-1.0,0.5"}


@at("mastodon")
async def test_a_picture_with_a_first_comment_of_an_import_by_address_alone(acme: Acme) -> None:
    given = AccountImport(service_url=acme.made["serviceUrl"], access_token=imported(acme.made).access_token)
    await acme.connect(given)
    acme.put(med_0=jpeg())
    saved = Saved()
    post = draft(acme, "text", media=(image(),), first_comment="More")
    await acme.post(post, saved)
    await acme.finish(post, saved, "comment")
    assert [one["comments"] for one in acme.posts] == [["More"], []]
