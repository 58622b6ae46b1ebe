"""What the sandbox plays of X alone: money, refresh tokens that work once, replies, short addresses, lag."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published
from tests.channels.calls import Saved
from tests.channels.connected import jpeg, moving, new
from tests.channels.making import error_of, image
from tests.channels.sandbox import Acme, at, draft, imported

R, S = Reason, Effect


def credit(acme: Acme) -> int:
    return int(acme.oracle.call("GET", "/settings")["x"]["limits"]["creditMills"])


@at("x")
async def test_what_a_post_a_link_an_alt_text_and_a_look_cost(acme: Acme) -> None:
    spent = []
    for given in (new("Plain"), new("See https://acme.com"), draft(acme, "photo", "Teal")):
        before = credit(acme)
        await acme.post(given)
        spent.append(before - credit(acme))
    assert spent == [15, 200, 15 + 5]
    acme.plant("create_post", "accept_then_reset")
    given, saved, before = new("Lost"), Saved(), credit(acme)
    await acme.failure(given, saved)
    assert isinstance(await acme.find(given, saved), Published)
    rows = len(acme.posts)
    assert before - credit(acme) == 15 + rows, "a look costs a thousandth for each post that it returns"


@at("x")
async def test_a_duplicate_of_a_lost_answer_may_be_ours_and_is_found(acme: Acme) -> None:
    acme.plant("create_post", "accept_then_reset")
    given, saved = new("Sale"), Saved()
    await acme.failure(given, saved)
    error = await error_of(acme.send(given, saved), R.DUPLICATE_CONTENT, S.REJECTED)
    assert error.may_be_ours
    assert (await acme.find(given, saved)).post_id == acme.posts[0]["id"]
    assert len(acme.posts) == 1


@at("x")
async def test_a_refresh_token_works_once_and_its_repeat_ends_the_grant(acme: Acme) -> None:
    stale = acme.account
    await acme.refresh()
    living = acme.account
    acme.account = stale
    assert (await error_of(acme.refresh())).reason is R.TOKEN_REVOKED
    acme.account = living
    await acme.failure(new("Too late"), reason=R.TOKEN_EXPIRED)


@at("x")
async def test_a_thread_reads_back_as_it_was_written(acme: Acme) -> None:
    given, saved = new("R&D <1>: https://acme.com/sale", parts=("two", "three"), first_comment="More"), Saved()
    await acme.post(given, saved)
    for step in ("part-2", "part-3", "comment"):
        made = await acme.finish(given, saved, step)
        found = await acme.find(given, Saved(), step)
        assert isinstance(found, Published)
        assert found.post_id == made.post_id
    first, second, third, comment = acme.posts
    assert [one["raw"]["reply_to"] for one in acme.posts] == [None, first["id"], second["id"], first["id"]]
    assert (third["text"], comment["text"]) == ("three", "More")


@at("x")
async def test_a_long_text_of_a_premium_account(acme: Acme) -> None:
    given, saved = new("Sale & more " * 40), Saved()
    assert acme.channel.validate(given, acme.account)
    await acme.failure(given, reason=R.INVALID_FIELD)
    acme.oracle.call("PATCH", f"/profiles/x/{acme.account.external_id}", status="premium")
    await acme.connect(imported(acme.made))
    assert acme.channel.validate(given, acme.account) == []
    acme.plant("create_post", "accept_then_reset")
    await acme.failure(given, saved)
    assert isinstance(await acme.find(given, saved), Published)


@at("x")
async def test_a_gif_with_its_alt_text_and_a_poll(acme: Acme) -> None:
    acme.put(med_0=moving())
    await acme.post(new("Look", media=(image(0, mime_type="image/gif", bytes=len(moving()), alt="Teal, then gold"),)))
    await acme.post(new("Well?", options={"poll": {"options": ["yes", "no"], "durationMinutes": 60}}))
    gif, poll = acme.posts
    assert [(one["mimeType"], one["alt"]) for one in gif["media"]] == [("image/gif", "Teal, then gold")]
    assert poll["raw"]["poll"] == {"options": ["yes", "no"], "duration_minutes": 60}


@at("x")
async def test_a_list_that_lags_shows_a_post_later(acme: Acme) -> None:
    acme.set("delays", 30, "index")
    acme.plant("create_post", "accept_then_reset")
    given, saved = new("Late"), Saved()
    await acme.failure(given, saved)
    assert isinstance(await acme.find(given, saved), Absent)
    acme.set("delays", 0, "index")
    assert isinstance(await acme.find(given, saved), Published)


@at("x")
async def test_media_end_after_a_day_and_are_uploaded_again(acme: Acme) -> None:
    given, saved = draft(acme, "photo"), Saved()
    await acme.prepare(given, saved)
    acme.oracle.call("POST", "/clock", advanceSeconds=86_401)
    await acme.refresh()
    await acme.failure(given, saved, reason=R.MEDIA_PROCESSING_FAILED, effect=S.NOT_SENT)
    await acme.post(given, saved)
    assert len(acme.posts) == 1


REFUSED: list[tuple[dict[str, Any], int]] = [
    ({"text": " "}, 400),
    ({"text": "x" * 281}, 403),
    ({"text": "x", "media": {"media_ids": ["1"]}}, 400),
    ({"text": "x", "reply": {"in_reply_to_tweet_id": "1"}}, 400),
    ({"text": "x", "quote_tweet_id": "1"}, 403),
]


@at("x")
@pytest.mark.parametrize(("body", "status"), REFUSED, ids=[json.dumps(body)[:40] for body, _ in REFUSED])
async def test_x_refuses_what_is_wrong_and_charges_nothing(acme: Acme, body: dict[str, Any], status: int) -> None:
    before, token = credit(acme), acme.made["accessToken"]
    async with httpx.AsyncClient() as client:
        headers = {"authorization": f"Bearer {token}"}
        answer = await client.post(f"{acme.oracle.url}/x/api/2/tweets", json=body, headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert (credit(acme), acme.posts) == (before, [])


@at("x")
async def test_a_picture_that_is_no_file_of_its_kind_is_refused_while_it_is_prepared(acme: Acme) -> None:
    acme.put(med_0=jpeg() + b"more")
    given = draft(acme, "photo")
    acme.put(med_0=b"words")
    await acme.failure(given, reason=R.MEDIA_UNREACHABLE)
