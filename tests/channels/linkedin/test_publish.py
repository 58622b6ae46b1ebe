"""What a post is on the wire, how a page's post is found, and what a refusal as a duplicate proves."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Handle, Published, Unknown
from tests.channels.calls import Saved
from tests.channels.linkedin.test_media import IMAGE_URN, PICTURE, ready
from tests.channels.making import NOW, Bench, bench, error_of, image, publication
from tests.channels.network import answer
from tests.channels.scene_linkedin import (
    MEMBER,
    PAGE,
    PERSON,
    POSTS,
    SALE,
    SETTINGS,
    SHARE,
    WHO,
    duplicate,
    listed,
    made,
    page,
    refusal,
    shown,
)

R, S = Reason, Effect
CHANNEL = bench("linkedin", SETTINGS).channel
LOST = httpx.ReadTimeout("slow")
SITE = "https://site.example/li/feed/update"


def over(*answers: httpx.Response | Exception, **settings: Any) -> Bench:
    built = bench("linkedin", {**SETTINGS, **settings})
    built.network.on("POST", POSTS, *(answers or (made(),)))
    return built


def sent(built: Bench) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(built.network.sent(POSTS)[-1].content)
    return body


async def test_a_text_with_everything() -> None:
    options = {"visibility": "CONNECTIONS", "reshareDisabled": True, "mentions": {"Acme Inc": PAGE}}
    built, saved = over(), Saved()
    found = await built.publish(publication("#Sale at @Acme Inc (now)", options=options), MEMBER, saved)
    assert sent(built) == {
        "author": PERSON,
        "commentary": rf"#Sale at @[Acme Inc]({PAGE}) \(now\)",
        "visibility": "CONNECTIONS",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": True,
    }
    assert (found.post_id, found.url) == (SHARE, f"{SITE}/{SHARE}/")
    assert saved.kept.state["posts"] == {"post": {"id": SHARE, "url": found.url}}
    headers = built.network.sent(POSTS)[0].headers
    assert (headers["linkedin-version"], headers["x-restli-protocol-version"]) == ("202609", "2.0.0")


async def test_each_kind_of_content() -> None:
    built = over()
    await built.publish(publication("", media=PICTURE.media, options={"title": "T"}), WHO, Saved(ready("1")))
    assert sent(built)["content"] == {"media": {"id": f"{IMAGE_URN}1", "title": "T", "altText": "Teal"}}
    await built.publish(publication("", media=(image(0), image(1, alt="b"))), WHO, Saved(ready("1", "2")))
    images = [{"id": f"{IMAGE_URN}1"}, {"id": f"{IMAGE_URN}2", "altText": "b"}]
    assert sent(built)["content"] == {"multiImage": {"images": images}}
    poll = {"question": "Well?", "options": ["yes", "no"], "duration": "ONE_DAY"}
    await built.publish(publication("x", options={"poll": poll}), WHO)
    rows = [{"text": "yes"}, {"text": "no"}]
    settings = {"duration": "ONE_DAY", "voteSelectionType": "SINGLE_VOTE"}
    assert sent(built)["content"] == {"poll": {"question": "Well?", "options": rows, "settings": settings}}
    card = Handle(draft_version=1, state={**ready("1").state, "card": {"title": "Page", "description": "d"}})
    link = publication("x", link="https://acme.example")
    await built.publish(link, WHO, Saved(card))
    article = {"source": "https://acme.example", "title": "Page", "description": "d", "thumbnail": f"{IMAGE_URN}1"}
    assert sent(built)["content"] == {"article": article}
    await built.publish(link.model_copy(update={"options": {"title": "Mine"}}), WHO, Saved(card))
    assert sent(built)["content"]["article"]["title"] == "Mine"


async def test_a_comment_stands_under_its_post() -> None:
    built, saved = over(), Saved()
    urn = "urn:li:comment:(urn:li:activity:7,8)"
    built.network.on("POST", "/comments", made(urn), answer(503, "<html>"))
    given = SALE.model_copy(update={"first_comment": "More (here)"})
    await built.publish(given, WHO, saved)
    found = await built.publish(given, WHO, saved, "comment")
    (request,) = built.network.sent("/comments")
    assert request.url.raw_path == f"/li/rest/socialActions/{SHARE.replace(':', '%3A')}/comments".encode()
    assert json.loads(request.content) == {"actor": PAGE, "object": SHARE, "message": {"text": "More (here)"}}
    assert found.post_id == urn
    await error_of(built.publish(given, WHO, Saved(saved.history[0]), "comment"), effect=S.UNKNOWN)
    looked = await built.find(given, WHO, saved.history[0], NOW, "comment")
    assert isinstance(looked, Unknown)


async def test_a_comment_whose_post_is_not_known_is_not_sent() -> None:
    built = over()
    listed(built.network)
    given = SALE.model_copy(update={"first_comment": "More"})
    error = await error_of(built.publish(given, WHO, step="comment"))
    assert (error.effect, error.provider_code) == (S.NOT_SENT, "PARENT_UNKNOWN")


async def test_a_post_without_its_id_is_live_and_a_page_names_it_later() -> None:
    built, saved = over(made(None)), Saved()
    found = await built.publish(SALE, WHO, saved)
    assert (found.post_id, [one.code for one in found.warnings]) == (None, ["POST_ID_PENDING"])
    assert (await built.publish(SALE, WHO, saved)).post_id is None
    assert len(built.network.sent(POSTS)) == 1
    listed(built.network, shown())
    assert (await built.find(SALE, WHO, saved, NOW)).post_id == SHARE  # type: ignore[union-attr]
    known = await built.find(SALE, MEMBER, saved, NOW)
    assert isinstance(known, Published), "what the handle knows to be live is live, though it cannot be looked for"
    assert known.post_id is None


def post(text: str = SALE.text, **content: Any) -> dict[str, Any]:
    found = shown(text=text)
    return {**found, "content": content} if content else found


LINK = publication("Look", link="https://acme.example")
TEXTS: list[tuple[Any, dict[str, Any], bool]] = [
    (SALE, post(), True),
    (SALE, post("Something else"), False),
    (SALE, post(media={"id": f"{IMAGE_URN}1"}), False),
    (SALE, shown(createdAt=int((NOW - timedelta(seconds=6)).timestamp() * 1000)), False),
    (publication("#Sale (now)"), post(r"{hashtag|\#|Sale} \(now\)"), True),
    (publication("Hi @Acme"), post(f"Hi @[Acme]({PAGE})"), True),
    (LINK, post("Look", article={"source": "https://acme.example/"}), True),
    (LINK, post("Look", article={"source": "https://other.example"}), False),
    (LINK, post("Look"), False),
]


@pytest.mark.parametrize(("given", "row", "ours"), TEXTS, ids=range(len(TEXTS)))
async def test_a_post_without_a_key_is_found_by_its_likeness(given: Any, row: dict[str, Any], ours: bool) -> None:
    built = over()
    found = await listed_at(built, row).find(given, WHO, None, NOW)
    assert found == Absent() if not ours else isinstance(found, Published) and found.by_likeness


def listed_at(built: Bench, *rows: dict[str, Any]) -> Bench:
    listed(built.network, *rows)
    return built


async def test_a_file_finds_its_post_whatever_its_text() -> None:
    rows = (
        shown("urn:li:share:1", "Look"),
        shown("urn:li:share:2", "edited", content={"media": {"id": f"{IMAGE_URN}1"}}),
    )
    built = listed_at(over(), *rows)
    found = await built.find(PICTURE, WHO, ready("1"), NOW)
    assert isinstance(found, Published)
    assert (found.post_id, found.by_likeness) == ("urn:li:share:2", False)
    request = built.network.sent(POSTS)[0]
    assert request.headers["x-restli-method"] == "FINDER"
    assert dict(request.url.params) == {
        "q": "author",
        "author": PAGE,
        "count": "50",
        "sortBy": "CREATED",
        "viewContext": "AUTHOR",
        "start": "0",
    }


async def test_a_list_is_read_until_it_has_nothing_new_and_not_for_ever() -> None:
    built = over()
    built.network.on("GET", POSTS, page(shown("urn:li:share:1", "a")), page(shown()), page(shown()))
    assert (await built.find(SALE, WHO, None, NOW)).post_id == SHARE  # type: ignore[union-attr]
    built.network.on("GET", POSTS, *(page(shown(f"urn:li:share:{n}", "a")) for n in range(9)))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Unknown)
    assert len(built.network.sent(POSTS)) == 3 + 3


async def test_a_post_that_linkedin_failed_to_publish_is_neither_live_nor_absent() -> None:
    built = listed_at(over(), shown(lifecycleState="PUBLISH_FAILED"))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Unknown)


ODD: list[Any] = [{}, [], {"elements": None}, {"elements": [{"id": "x"}]}, {"elements": [{"createdAt": 1}]}]


@pytest.mark.parametrize("body", ODD, ids=str)
async def test_what_is_no_list_proves_nothing(body: Any) -> None:
    built = over()
    built.network.on("GET", POSTS, answer(200, body))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Unknown)


async def test_a_list_that_is_refused_proves_nothing() -> None:
    built = over()
    built.network.on("GET", POSTS, refusal(403, "ACCESS_DENIED"))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Unknown)


async def test_a_page_without_posts_is_read_as_a_control() -> None:
    """LinkedIn answers 404 to the list of a page that has none."""
    built = over()
    built.network.on("GET", POSTS, refusal(404, "NOT_FOUND"))
    built.network.on("GET", f"/rest/organizations/{PAGE.rpartition(':')[2]}", answer(200, {"vanityName": "acme"}))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Absent)


async def test_a_page_that_cannot_be_read_proves_nothing() -> None:
    built = over()
    built.network.on("GET", POSTS, refusal(404, "NOT_FOUND"))
    built.network.on("GET", f"/rest/organizations/{PAGE.rpartition(':')[2]}", refusal(403, "ACCESS_DENIED"))
    assert isinstance(await built.find(SALE, WHO, None, NOW), Unknown)


# Duplicates


@pytest.mark.parametrize("who", [WHO, MEMBER], ids=["page", "member"])
async def test_a_duplicate_at_the_first_attempt_is_a_refusal_and_its_post_is_not_ours(who: ConnectedAccount) -> None:
    built, saved = listed_at(over(duplicate())), Saved()
    await error_of(built.publish(SALE, who, saved), R.DUPLICATE_CONTENT, S.REJECTED)
    assert (saved.history, len(built.network.requests)) == ([], 1)


@pytest.mark.parametrize("who", [WHO, MEMBER], ids=["page", "member"])
async def test_linkedin_does_not_judge_a_duplicate_by_itself(who: ConnectedAccount) -> None:
    """It keeps which post the refusal names, and looks for nothing."""
    built, saved = over(duplicate()), Saved()
    error = await error_of(built.publish(SALE, who, saved, doubtful=True), R.DUPLICATE_CONTENT, S.REJECTED)
    assert (error.may_be_ours, len(built.network.requests)) == (True, 1)
    assert saved.kept.state["duplicate_of"] == SHARE


async def named(**row: Any) -> Any:
    """A look at a page after a refusal that named a post, which the page has."""
    built, saved = listed_at(over(duplicate())), Saved()
    built.network.on("GET", SHARE, answer(200, shown(**row)))
    await error_of(built.publish(SALE, WHO, saved, doubtful=True))
    return await built.find(SALE, WHO, saved, NOW)


async def test_the_post_that_a_refusal_names_is_found_at_a_page() -> None:
    found = await named()
    assert isinstance(found, Published)
    assert (found.post_id, found.url, found.by_likeness) == (SHARE, f"{SITE}/{SHARE}/", True)


async def test_a_named_post_from_before_our_first_request_is_not_ours() -> None:
    assert isinstance(await named(createdAt=int((NOW - timedelta(minutes=1)).timestamp() * 1000)), Absent)


async def test_a_page_does_not_take_over_a_post_that_it_does_not_have() -> None:
    built, saved = listed_at(over(duplicate())), Saved()
    built.network.on("GET", SHARE, refusal(404, "NOT_FOUND"))
    await error_of(built.publish(SALE, WHO, saved, doubtful=True))
    assert isinstance(await built.find(SALE, WHO, saved, NOW), Absent)


async def test_a_member_cannot_be_read_and_the_named_post_is_shown() -> None:
    built, saved = over(duplicate()), Saved()
    await error_of(built.publish(SALE, MEMBER, saved, doubtful=True))
    found = await built.find(SALE, MEMBER, saved, NOW)
    assert isinstance(found, Unknown)
    assert (found.blind, SHARE in found.note) == (True, True)


async def test_a_members_lost_answer_is_never_found_absent() -> None:
    found = await over().find(SALE, MEMBER, None, NOW)
    assert isinstance(found, Unknown)
    assert "open the profile" in found.note


def test_a_page_has_no_connections() -> None:
    given = publication("x", options={"visibility": "CONNECTIONS"})
    assert [one.pointer for one in CHANNEL.validate(given, WHO)] == ["/options/visibility"]
    assert CHANNEL.validate(given, MEMBER) == []


def test_every_problem_is_reported_at_once() -> None:
    bad = publication("", link="x", first_comment=" ", media=(image(bytes=25_000_000),), options={"nosuch": 1})
    rules = {problem.rule for problem in CHANNEL.validate(bad, WHO)}
    assert rules >= {"link", "not_empty", "media_bytes", "extra_forbidden"}
