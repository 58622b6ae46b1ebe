"""Behaviour of only Facebook, Instagram or Threads at the sandbox: every kind of post, and refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Pending, Published, Unknown
from munadi.ports import AccountImport
from tests.channels.calls import Saved
from tests.channels.connected import film, new
from tests.channels.making import error_of
from tests.channels.meta_posts import LINK, QUOTED, Shown, posts, view
from tests.channels.sandbox import Acme, at, draft

STORIES = ["photo story", "video story"]
ROWS = [
    *((network, shown) for network in ("facebook", "instagram", "threads") for shown in posts(network)),
    *(("instagram page", shown) for shown in posts("instagram")[:1]),
]


@pytest.mark.parametrize(("acme", "shown"), ROWS, indirect=["acme"], ids=[f"{name} {row.name}" for name, row in ROWS])
async def test_a_post_is_shown_as_intended(acme: Acme, shown: Shown) -> None:
    given = await shown.given(acme)
    assert acme.channel.validate(given, acme.account) == []
    found = await acme.post(given)
    post = view(acme.posts[-1])
    assert post["id"] == found.post_id
    if post["shown"].get("quote_post_id") == acme.posts[0]["id"]:
        post["shown"]["quote_post_id"] = QUOTED
    assert {name: post[name] for name in shown.seen} == shown.seen


# Facebook


@at("facebook")
async def test_a_link_is_scraped_again_when_it_was_unreadable(acme: Acme) -> None:
    acme.set("switches", True, "unreadableLinks")
    given, saved = new("Look again", link=LINK), Saved()
    assert (await acme.failure(given, saved)).effect is Effect.NOT_SENT
    await acme.post(given, saved)
    assert len(acme.posts) == 1


@at("facebook")
async def test_a_failed_reel_is_reported_with_facebooks_message(acme: Acme) -> None:
    given = draft(acme, "reel")
    wide = film(320, 180)
    acme.put(med_0=wide)
    given = given.model_copy(update={"media": (given.media[0].model_copy(update={"bytes": len(wide)}),)})
    saved = Saved()
    for effect in (Effect.NOT_SENT, Effect.NOT_SENT, Effect.REJECTED):
        error = await acme.failure(given, saved)
        assert (error.reason, error.effect) == (Reason.MEDIA_PROCESSING_FAILED, effect)
    assert "9:16" in str(error.provider_message)


@at("facebook")
async def test_photos_that_facebook_deleted_early_are_refused(acme: Acme) -> None:
    given, saved = draft(acme, "photos"), Saved()
    await acme.prepare(given, saved)
    acme.oracle.call("POST", "/clock", advanceSeconds=86_400)  # our clock has not moved: only Facebook knows
    error = await error_of(acme.send(given, saved))
    assert (error.reason, error.effect) == (Reason.INVALID_FIELD, Effect.REJECTED)


@at("facebook")
@pytest.mark.parametrize("kind", STORIES)
async def test_another_story_is_not_mistaken_for_ours(acme: Acme, kind: str) -> None:
    """It is also no proof that ours is absent: no document promises the id of a story's media."""
    given, saved = draft(acme, kind), Saved()
    await acme.prepare(given, saved)
    await acme.post(draft(acme, kind))
    assert isinstance(await acme.find(given, saved), Unknown)
    given, saved = draft(acme, next(one for one in STORIES if one != kind)), Saved()
    await acme.prepare(given, saved)
    assert isinstance(await acme.find(given, saved), Absent)


@at("facebook")
async def test_the_same_text_again_is_a_duplicate(acme: Acme) -> None:
    await acme.post(draft(acme, "text"))
    error = await acme.failure(draft(acme, "text"))
    assert (error.reason, error.effect) == (Reason.DUPLICATE_CONTENT, Effect.REJECTED)
    assert len(acme.posts) == 1


@at("facebook")
async def test_a_reel_is_not_published_before_facebook_confirms_it(acme: Acme) -> None:
    acme.set("delays", 0.4, "publish")
    given, saved = draft(acme, "reel"), Saved()
    await acme.prepare(given, saved)
    assert isinstance(await acme.send(given, saved), Pending)
    assert acme.posts == []
    assert isinstance(await acme.find(given, saved), Unknown)
    assert isinstance(await acme.finish(given, saved), Published)
    assert len(acme.posts) == 1


@at("facebook")
@pytest.mark.parametrize(
    ("kind", "step", "mode"),
    [
        ("reel", "upload_reel", "accept_then_reset"),
        ("reel", "upload_reel", "reset"),
        ("reel", "", "cut"),
        ("video", "transfer_video", "accept_then_reset"),
        ("video", "transfer_video", "reset"),
    ],
)
async def test_an_upload_survives_a_lost_answer_or_a_cut_connection(
    acme: Acme, kind: str, step: str, mode: str
) -> None:
    given, saved = draft(acme, kind), Saved()
    if mode == "cut":
        acme.set("limits", given.media[0].bytes // 2 + 1, "bytesPerUpload")
    else:
        acme.plant(step, mode)
    error = await acme.failure(given, saved)
    assert mode != "cut" or error.provider_code == "PartialRequestError"
    if (kind, mode) == ("video", "accept_then_reset"):
        # The part is there already, so it is refused with the offset to continue from.
        await acme.failure(given, saved)
    await acme.post(given, saved)
    (post,) = acme.posts
    assert (post["media"][0]["width"], post["media"][0]["mimeType"]) == (given.media[0].width, "video/mp4")


# Instagram


@at("instagram", "instagram page")
async def test_the_quota_is_read_when_connecting_and_a_full_one_is_waited_for(acme: Acme) -> None:
    by_page = acme.account.login is not None
    assert acme.account.facts.keys() - {"page_id", "page_name", "quota"} == (set() if by_page else {"account_type"})
    assert acme.account.facts["quota"] == {"used": 0, "total": 100, "left": 100}
    acme.set("limits", 1, "postsPerDay")
    await acme.post(draft(acme, "photo"))
    error = await acme.failure(draft(acme, "photo", "One more"))
    assert (error.reason, error.effect) == (Reason.DAILY_CAP_REACHED, Effect.NOT_SENT)
    assert (error.retry_after, "1 of 1 posts" in error.message) == (timedelta(hours=1), True)
    given = AccountImport(access_token=acme.account.credentials.access_token, login=acme.account.login)
    assert (await acme.channel.verify(given)).profile.facts["quota"] == {"used": 1, "total": 1, "left": 0}


@at("instagram page")
async def test_a_page_has_nothing_to_renew_until_its_token_is_dead(acme: Acme) -> None:
    assert "instagram_manage_comments" in acme.account.scopes
    assert await acme.channel.refresh(acme.account) == acme.account.credentials
    acme.tokens("revoke", subcode=460)
    assert (await error_of(acme.channel.refresh(acme.account))).reason is Reason.TOKEN_REVOKED


@at("instagram")
async def test_a_cover_that_cannot_be_fetched_is_reported_as_such(acme: Acme) -> None:
    covered = next(shown for shown in posts("instagram") if shown.name == "reel with a cover")
    given = await covered.given(acme)
    del acme.site.files["/med_0"]
    error = await acme.failure(given)
    assert (error.reason, error.provider_code) == (Reason.MEDIA_UNREACHABLE, "9004/2207052")


# Threads


@at("threads")
async def test_an_import_reads_the_profile(acme: Acme) -> None:
    connection = await acme.channel.verify(AccountImport(access_token=acme.account.credentials.access_token))
    assert "threads_manage_replies" in connection.profile.scopes
    assert connection.credentials.expires_at is not None
    assert connection.profile.facts == {"is_verified": False, "quota": {"used": 0, "total": 250, "left": 250}}


@at("threads")
async def test_a_quote_of_an_unknown_post_is_refused(acme: Acme) -> None:
    error = await acme.failure(new("As I said", options={"quotePostId": "18000000000000000"}))
    assert error.effect in (Effect.REJECTED, Effect.NOT_SENT)
    assert acme.posts == []


LOST: list[dict[str, Any]] = [
    *({"mode": f"accept_then_{how}"} for how in ("reset", "502", "504", "half_body")),
    {"mode": "live_but_error", "error": {"code": 10}, "status": 500},
    {"mode": "live_but_error", "error": {"code": 4, "subcode": 2207051}},
]


@at("threads")
@pytest.mark.parametrize("plan", [None, *LOST], ids=str)
async def test_a_chain_and_a_first_comment_also_when_an_answer_was_lost(acme: Acme, plan: Any) -> None:
    given, saved = new("one", parts=("two", "three"), first_comment="by the way"), Saved()
    await acme.post(given, saved)
    if plan:
        acme.plant("threads_publish", **plan)
        assert (await error_of(acme.finish(given, saved, "part-2"))).effect is Effect.UNKNOWN
        assert isinstance(await acme.find(given, saved, "part-2"), Published)
    ids = [(await acme.finish(given, saved, name)).post_id for name in acme.channel.steps(given)[bool(plan) :]]
    root, *replies = acme.posts
    assert [reply["text"] for reply in replies] == root["comments"] == ["two", "three", "by the way"]
    made = [reply["id"] for reply in replies]
    assert made[bool(plan) :] == ids
    assert [reply["raw"]["reply_to"] for reply in replies] == [root["id"], made[0], root["id"]]


@at("threads")
async def test_a_finished_container_that_is_not_found_yet_is_retried(acme: Acme) -> None:
    acme.set("delays", 60, "race")
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    error = await error_of(acme.send(given, saved))
    assert (error.provider_code, error.effect) == ("24/4279009", Effect.NOT_SENT)
    acme.oracle.call("POST", "/clock", advanceSeconds=61)
    await acme.finish(given, saved)
    assert len(acme.posts) == 1


@at("facebook")
async def test_an_import_distinguishes_a_page_from_its_person_and_from_another(acme: Acme) -> None:
    assert acme.account.facts["category"] == "Test page"
    other = acme.oracle.call("POST", "/profiles", channel="facebook", name="other")
    for token, words in ((other["accessToken"], "externalId"), (other["refreshToken"], "/me/accounts")):
        given = AccountImport(external_id=acme.account.external_id, access_token=SecretStr(token))
        error = await error_of(acme.channel.verify(given))
        assert (error.reason, words in error.message) == (Reason.INVALID_FIELD, True)
    found = await acme.channel.verify(AccountImport(access_token=SecretStr(other["accessToken"])))
    assert "pages_manage_posts" in found.profile.scopes
