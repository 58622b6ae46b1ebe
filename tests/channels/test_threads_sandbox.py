"""What Threads' posts look like on the sandbox: attachments, carousels and chains, and how lost parts are found."""

from __future__ import annotations

import json
from typing import Any

import pytest

from munadi.domain.failure import Effect
from munadi.domain.publication import Published
from munadi.ports import AccountImport
from tests.channels.connected import jpeg, mp4, new
from tests.channels.making import Saved, error_of, image, video
from tests.channels.sandbox import Acme

CHANNEL = "threads"
LINK = "https://example.com/sale"


async def test_what_an_import_learns(acme: Acme) -> None:
    connection = await acme.channel.verify(AccountImport(access_token=acme.account.credentials.access_token))
    assert "threads_manage_replies" in connection.profile.scopes
    assert connection.credentials.expires_at is not None
    assert connection.profile.facts == {"is_verified": False, "quota": {"used": 0, "total": 250, "left": 250}}


LONG = {"text": "चाय " * 2000, "link": LINK, "styles": [{"offset": 0, "length": 3, "styles": ["highlight"]}]}
SHOWN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"topicTag": "Sale", "replyControl": "mentioned_only"}, {"topic_tag": "Sale", "reply_control": "mentioned_only"}),
    ({"poll": ["चाय", "Coffee"]}, {"poll_attachment": {"option_a": "चाय", "option_b": "Coffee"}}),
    ({"gif": {"id": "xT9"}}, {"gif_attachment": {"gif_id": "xT9", "provider": "GIPHY"}}),
    (
        {"countries": ["IN", "DE"], "locationId": "77", "replyApprovals": True},
        {"allowlisted_country_codes": "IN,DE", "location_id": "77", "enable_reply_approvals": "true"},
    ),
    (
        {"textSpoilers": [{"offset": 0, "length": 3}]},
        {"text_entities": [{"entity_type": "SPOILER", "offset": 0, "length": 3}]},
    ),
]


@pytest.mark.parametrize(("options", "shown"), SHOWN)
async def test_options_are_shown_by_metas_names(acme: Acme, options: Any, shown: dict[str, Any]) -> None:
    await acme.post(new("Hello", options=options))
    told = acme.posts[0]["raw"]["shown"]
    assert {name: json.loads(text) if text[0] in "[{" else text for name, text in told.items()} == shown


async def test_a_long_text_with_a_card(acme: Acme) -> None:
    await acme.post(new("Tea and more", options={"textAttachment": LONG}))
    await acme.post(new("Hello", link=LINK))
    assert json.loads(acme.posts[0]["raw"]["shown"]["text_attachment"])["plaintext"] == LONG["text"]
    assert acme.posts[1]["link"] == LINK


async def test_a_quote_and_one_of_what_is_not_there(acme: Acme) -> None:
    acme.put(med_0=jpeg())
    first = await acme.post(new("Hello"))
    await acme.post(new("As I said", media=(image(),), options={"quotePostId": first.post_id}))
    assert acme.posts[1]["raw"]["shown"] == {"quote_post_id": first.post_id}
    error = await acme.failure(new("As I said", options={"quotePostId": "18000000000000000"}))
    assert error.effect in (Effect.REJECTED, Effect.NOT_SENT)
    assert len(acme.posts) == 2


async def test_an_image_with_its_alt_text_and_a_link_in_the_text(acme: Acme) -> None:
    acme.put(med_0=jpeg())
    await acme.post(new(f"Hello\n\n{LINK}", media=(image(alt="Teal"),), options={"spoiler": True}))
    (post,) = acme.posts
    assert (post["kind"], post["text"], post["media"][0]["alt"]) == ("image", f"Hello\n\n{LINK}", "Teal")
    assert post["raw"]["shown"] == {"is_spoiler_media": "true"}


async def test_carousels_keep_their_order(acme: Acme) -> None:
    acme.put(med_0=jpeg(), med_1=mp4(1), med_2=jpeg(400, 320, "red"))
    await acme.post(new("Three", media=(image(0), video(1, alt="Waves"), image(2, alt="Red"))))
    (post,) = acme.posts
    assert [media["mimeType"] for media in post["media"]] == ["image/jpeg", "video/mp4", "image/jpeg"]
    assert [media["alt"] for media in post["media"]] == ["", "Waves", "Red"]
    acme.put(**{f"med_{index}": jpeg() for index in range(20)})
    await acme.post(new("Many", media=tuple(image(index) for index in range(20))))
    assert len(acme.posts[1]["media"]) == 20


async def test_a_chain_and_a_first_comment(acme: Acme) -> None:
    given, saved = new("one", parts=("two", "three"), first_comment="by the way"), Saved()
    await acme.post(given, saved)
    ids = [(await acme.finish(given, saved, name)).post_id for name in acme.channel.steps(given)]
    root, *replies = acme.posts
    assert [(reply["id"], reply["text"]) for reply in replies] == list(
        zip(ids, ["two", "three", "by the way"], strict=True)
    )
    assert [reply["raw"]["reply_to"] for reply in replies] == [root["id"], ids[0], root["id"]]
    assert root["comments"] == ["two", "three", "by the way"]


@pytest.mark.parametrize(
    "plan",
    [
        *({"mode": f"accept_then_{how}"} for how in ("reset", "502", "504", "half_body")),
        {"mode": "live_but_error", "error": {"code": 10}, "status": 500},
        {"mode": "live_but_error", "error": {"code": 4, "subcode": 2207051}},
    ],
    ids=str,
)
async def test_a_lost_reply_is_found_and_the_chain_continues(acme: Acme, plan: dict[str, Any]) -> None:
    given, saved = new("one", parts=("two", "three")), Saved()
    await acme.post(given, saved)
    acme.plant("threads_publish", **plan)
    assert (await error_of(acme.finish(given, saved, "part-2"))).effect is Effect.UNKNOWN
    found = await acme.look(given, saved, "part-2")
    assert isinstance(found, Published)
    await acme.finish(given, saved, "part-3")
    _, second, third = acme.posts
    assert (second["id"], third["raw"]["reply_to"]) == (found.post_id, found.post_id)


async def test_a_finished_container_that_is_not_found_yet_is_retried(acme: Acme) -> None:
    acme.set("delays", 60, "race")
    given, saved = new("Hello"), Saved()
    await acme.prepare(given, saved)
    error = await error_of(acme.send(given, saved))
    assert (error.provider_code, error.effect) == ("24/4279009", Effect.NOT_SENT)
    acme.oracle.call("POST", "/clock", advanceSeconds=61)
    await acme.finish(given, saved)
    assert len(acme.posts) == 1
