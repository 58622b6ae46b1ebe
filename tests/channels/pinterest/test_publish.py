"""The body of a pin, and what is found after a lost answer: a likeness, and unknown whatever agrees only in a part."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from munadi.channels.pulls import PULL_WAITS
from munadi.domain.channel import Resend
from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Handle, Published, Unknown
from tests.channels.calls import Saved
from tests.channels.making import NOW, Bench, account, bench, draft, error_of, image, publication, video
from tests.channels.network import answer, ok
from tests.channels.pinterest.steps import uploaded
from tests.channels.scene_pinterest import (
    BOARD,
    BOARDS,
    LISTED,
    OPTIONS,
    PINS,
    SALE,
    SECTION,
    SETTINGS,
    WHO,
    page,
    pin,
    refusal,
)

R, S = Reason, Effect
LINK = "https://acme.example/sale"
FULL = SALE.model_copy(update={"link": LINK})


def over(*listed: Any, **settings: Any) -> Bench:
    built = bench("pinterest", {**SETTINGS, **settings})
    built.network.on("POST", PINS, answer(201, pin())).on("GET", LISTED, *(listed or [page()]))
    return built.network.on("GET", f"{BOARDS}/{BOARD}", ok({"id": BOARD})) and built


async def body_of(given: Any, handle: Handle | None = None) -> dict[str, Any]:
    built = over()
    await built.publish(given, WHO, Saved(handle))
    (request,) = built.network.sent(PINS)
    found: dict[str, Any] = json.loads(request.content)
    return found


def ready(media_id: str = "7") -> Handle:
    state = {"media": [uploaded(id=media_id, is_ready=True)], "board": BOARD}
    return Handle(draft_version=1, state=state, ready=True)


TEXTS = {"board_id": BOARD, "title": "Monsoon", "description": SALE.text}
URL = "https://munadi.example/media/med_"


async def test_an_image_is_named_by_its_address() -> None:
    given = FULL.model_copy(update={"options": {**OPTIONS, "boardSectionId": SECTION, "dominantColor": "#6E7874"}})
    assert await body_of(given) == {
        **TEXTS,
        "board_section_id": SECTION,
        "dominant_color": "#6E7874",
        "link": LINK,
        "alt_text": "Teal",
        "media_source": {"source_type": "image_url", "url": f"{URL}0"},
    }


async def test_a_carousel_names_each_image_and_has_one_alt_text() -> None:
    given = SALE.model_copy(update={"media": (image(0, alt="Teal"), image(1), image(2, alt="Red"))})
    source = {"source_type": "multiple_image_urls", "items": [{"url": f"{URL}{n}"} for n in range(3)], "index": 0}
    assert await body_of(given) == {**TEXTS, "alt_text": "Teal / Red", "media_source": source}


@pytest.mark.parametrize(("options", "second"), [({}, 0), ({"coverTime": 2}, 2)])
async def test_a_video_has_one_of_its_pictures_as_cover(options: dict[str, Any], second: int) -> None:
    given = SALE.model_copy(update={"media": (video(0),), "options": {**OPTIONS, **options}})
    source = {"source_type": "video_id", "media_id": "7", "cover_image_key_frame_time": second}
    assert await body_of(given, ready()) == {**TEXTS, "media_source": source}


async def test_an_image_that_pinterest_does_not_take_is_sent_as_a_jpeg() -> None:
    webp = image(0, mime_type="image/webp", has_alpha=False, animated=False)
    body = await body_of(SALE.model_copy(update={"media": (webp,)}))
    assert body["media_source"]["url"] == f"{URL}0-jpeg"


@pytest.mark.parametrize("count", [1, 2])
async def test_images_are_sent_within_the_call_where_pinterest_cannot_reach_us(count: int) -> None:
    built = over(send_images=True)
    built.media.files = {f"med_{n}-jpeg": bytes([n]) * 1_500_000 for n in range(count)}
    large = [image(n, bytes=3_000_000, has_alpha=False, animated=False) for n in range(count)]
    given = SALE.model_copy(update={"media": tuple(large)})
    assert built.channel.validate(given, WHO) == []
    await built.publish(given, WHO)
    source = json.loads(built.network.sent(PINS)[0].content)["media_source"]
    items = [source] if count == 1 else source["items"]
    assert source["source_type"] == ("image_base64" if count == 1 else "multiple_image_base64")
    assert [(one["content_type"], base64.b64decode(one["data"])) for one in items] == [
        ("image/jpeg", bytes([n]) * 1_500_000) for n in range(count)
    ]
    (request,) = built.network.sent(PINS)
    read_within = request.extensions["timeout"]["read"] - int(request.headers["content-length"]) / 200_000
    assert read_within == pytest.approx(30 - count * 500_000 / 200_000)
    spec = built.channel.spec
    assert (spec.pulled_media, spec.deadline_for(3_000_000)) == ((), spec.publish_deadline + timedelta(seconds=15))


async def test_an_image_that_could_not_be_fetched_is_named_again_a_few_times() -> None:
    built, saved = over(), Saved()
    built.network.on("POST", PINS, refusal(400, 235, "Sorry, we could not fetch the image."))
    for wait in (*PULL_WAITS, None):
        error = await error_of(built.publish(SALE, WHO, saved), R.MEDIA_UNREACHABLE, S.NOT_SENT if wait else S.REJECTED)
        assert "MUNADI_PUBLIC_URL" in error.message
        assert error.retry_after == wait


async def test_a_store_that_is_away_sends_nothing() -> None:
    built = over()
    built.media.away = await error_of(over().publish(SALE, WHO, step="part-2"), R.INTERNAL_ERROR, S.NOT_SENT)
    await error_of(built.publish(SALE, WHO), R.INTERNAL_ERROR, S.NOT_SENT)
    assert built.network.mutations == []


LATER, OLD = NOW + timedelta(seconds=9), NOW - timedelta(hours=1)


def at(moment: Any, **changes: Any) -> dict[str, Any]:
    return pin(created_at=moment.replace(tzinfo=None).isoformat(), **changes)


WORDLESS = {"title": None, "description": None}
FOUND: dict[str, tuple[Any, list[dict[str, Any]], type]] = {
    "title and description": (SALE, [pin()], Published),
    "with a link in another form": (FULL, [pin(link="https://acme.example/sale?utm=1")], Published),
    "with its zone": (SALE, [pin(created_at=NOW.isoformat())], Published),
    "spaced and composed otherwise": (SALE, [pin(title=" Monsoon ", description=SALE.text + "\n")], Published),
    "not there": (SALE, [], Absent),
    "another pin": (SALE, [pin(title="Other", description="Else")], Absent),
    "another kind of pin": (SALE, [pin(media={"media_type": "video"})], Absent),
    "an older one": (SALE, [at(OLD)], Absent),
    "one of a clock that is behind": (SALE, [at(NOW - timedelta(seconds=110))], Published),
    "two": (SALE, [pin(), at(LATER, pin_id="814")], Unknown),
    "the same title": (SALE, [pin(description="Changed")], Unknown),
    "the same text": (SALE, [pin(title=None)], Unknown),
    "the same link": (FULL, [pin(title="Other", description="Else", link=LINK)], Unknown),
    "a link alone": (
        FULL.model_copy(update={"text": "", "options": {"boardId": BOARD}}),
        [pin(**WORDLESS, link=LINK)],
        Published,
    ),
    "a link alone, in another form": (
        FULL.model_copy(update={"text": "", "options": {"boardId": BOARD}}),
        [pin(**WORDLESS, link="https://acme.example/sale/")],
        Unknown,
    ),
    "nothing to be found by": (
        SALE.model_copy(update={"text": "", "options": {"boardId": BOARD}}),
        [pin(**WORDLESS)],
        Unknown,
    ),
}


@pytest.mark.parametrize("name", FOUND)
async def test_what_a_board_shows_after_a_lost_answer(name: str) -> None:
    given, shown, wanted = FOUND[name]
    found = await over(page(*shown)).find(given, WHO, None, NOW)
    assert isinstance(found, wanted)
    if isinstance(found, Published):
        assert (found.post_id, found.by_likeness) == ("813", True)
        assert found.url == "https://site.example/pin/pin/813/"


async def test_a_section_has_a_list_of_its_own() -> None:
    built = over()
    built.network.on("GET", f"/sections/{SECTION}/pins", page(pin()))
    given = SALE.model_copy(update={"options": {**OPTIONS, "boardSectionId": SECTION}})
    assert isinstance(await built.find(given, WHO, None, NOW), Published)


@pytest.mark.parametrize(
    ("pages", "wanted", "reads"),
    [
        # That newer pins come first is not documented: only two older pages in a row end a look.
        (
            [page(at(OLD), bookmark="2"), page(pin(), bookmark="3"), page(bookmark="4"), page(bookmark="5")],
            Published,
            4,
        ),
        ([page(at(OLD), bookmark="2"), page(at(OLD), bookmark="3")], Absent, 2),
        ([page(at(LATER, title="a", description="b"), bookmark=str(n)) for n in range(5)], Unknown, 5),
        ([page(at(LATER, title="a", description="b"), bookmark="2"), answer(503, "<html>")], Unknown, 2),
        ([page({"id": "813", "created_at": "yesterday"})], Unknown, 1),
        ([ok({"items": [{"title": "no id"}]})], Unknown, 1),
        ([ok({"data": []})], Unknown, 1),
    ],
)
async def test_how_far_a_board_is_read(pages: list[Any], wanted: type, reads: int) -> None:
    built = over(*pages)
    assert isinstance(await built.find(SALE, WHO, None, NOW), wanted)
    assert len(built.network.sent(LISTED)) == reads


@pytest.mark.parametrize(
    ("text", "link", "title", "resend"),
    [
        ("Hi", None, None, Resend.ONCE_AFTER_LONG_ABSENCE),
        ("", LINK, None, Resend.ONCE_AFTER_LONG_ABSENCE),
        ("", None, "Hi", Resend.ONCE_AFTER_LONG_ABSENCE),
        (" ", None, None, Resend.NEVER),
        ("", None, " ", Resend.NEVER),
    ],
)
def test_a_pin_without_words_is_never_sent_again(
    text: str, link: str | None, title: str | None, resend: Resend
) -> None:
    options = {"boardId": BOARD, **({"title": title} if title else {})}
    given = draft(text, link=link, media=(image(),), options=options)
    assert over().channel.resend(given, "post") is resend


@pytest.mark.parametrize(
    ("board", "facts", "problem"),
    [
        (BOARD, {BOARD: "Umbrellas"}, None),
        ("17", None, None),  # the boards are not known
        ("17", {BOARD: "Umbrellas"}, ("own_board", f"{BOARD} (Umbrellas)", "17")),
        ("17", {}, ("own_board", None, "17")),
        (None, {BOARD: "Umbrellas"}, ("board", f"{BOARD} (Umbrellas)", None)),
        (None, None, ("board", None, None)),
    ],
)
def test_a_board_that_is_not_the_accounts_is_refused_with_those_that_are(
    board: str | None, facts: Any, problem: tuple[str, Any, Any] | None
) -> None:
    given = publication("Hi", media=(image(),), options={"boardId": board} if board else {})
    who = account("pinterest", "1", facts={"boards": facts})
    found = [(one.rule, one.limit, one.actual) for one in over().channel.validate(given, who)]
    assert found == ([] if problem is None else [problem])


def test_carousels_can_be_refused_by_a_setting() -> None:
    pair = draft("Hi", media=(image(0), image(1)), options=OPTIONS)
    assert over().channel.validate(pair, WHO) == []
    assert [one.rule for one in over(carousels=False).channel.validate(pair, WHO)] == ["carousels"]
