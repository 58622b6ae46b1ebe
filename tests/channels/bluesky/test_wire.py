"""Records follow the lexicons, as the models of the atproto package check, and are the same for the same draft."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from atproto import models

from munadi.channels.bluesky.spec import Options
from munadi.channels.bluesky.state import Card, Prepared, Ref
from munadi.channels.bluesky.thread import record_key
from munadi.channels.bluesky.wire import gates_of, post_record, same_post, timestamp
from tests.channels.bluesky.servers import uri
from tests.channels.making import NOW, image, publication, video

BLOB = {
    "$type": "blob",
    "ref": {"$link": "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"},
    "mimeType": "image/jpeg",
    "size": 1000,
}
CID = "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"
URI = uri("3n342ilh4f622")
LIST = "at://did:plc:abc/app.bsky.graph.list/friends"
EMBED, FEED = "app.bsky.embed", "app.bsky.feed"


def judged(record: dict[str, Any], model: Any = models.AppBskyFeedPost.Record) -> Any:
    """The record as the independent models read it. They refuse a record that breaks the lexicon."""
    read = models.get_or_create(record, model, strict=True)
    assert isinstance(read, model)
    return read


def record_of(text: str = "Hello", prepared: Prepared | None = None, options: Any = None, **fields: Any) -> Any:
    given = publication(text, **fields)
    return post_record(given, Options.model_validate(options or {}), prepared or Prepared())


def shown(number: int = 0, kind: str | None = None, width: int = 1080, height: int = 1080) -> dict[str, Any]:
    """An image of an embed."""
    typed = {"$type": f"{EMBED}.{kind}"} if kind else {}
    ratio = {"aspectRatio": {"width": width, "height": height}} if width else {}
    return {**typed, "image": BLOB, "alt": f"{number}", **ratio}


def images(count: int) -> dict[str, Any]:
    """Several images, the last of unknown size."""
    sized = [image(number, alt=f"{number}") for number in range(count - 1)]
    return {"media": (*sized, image(alt=f"{count - 1}", width=0, height=0))}


def gallery(count: int) -> dict[str, Any]:
    sized = [shown(number, "gallery#image") for number in range(count - 1)]
    return {"$type": f"{EMBED}.gallery", "items": [*sized, shown(count - 1, "gallery#image", 1, 1)]}


def film(**more: str) -> dict[str, Any]:
    return {"$type": f"{EMBED}.video", "video": BLOB, "aspectRatio": {"width": 1080, "height": 1920}, **more}


GIF = {"media": (image(mime_type="image/gif", animated=True, width=1080, height=1920),)}
LINK = "https://acme.example/sale"
CARD = {"uri": LINK, "title": "Sale", "description": "All of it"}
EMBEDS: list[tuple[str, dict[str, Any], dict[str, Any], Card | None, dict[str, Any] | None]] = [
    ("nothing", {}, {}, None, None),
    ("one image", {"media": (image(alt="0"),)}, {}, None, {"$type": f"{EMBED}.images", "images": [shown()]}),
    ("no alt", {"media": (image(),)}, {}, None, {"$type": f"{EMBED}.images", "images": [{**shown(), "alt": ""}]}),
    (
        "four images",
        images(4),
        {},
        None,
        {"$type": f"{EMBED}.images", "images": [shown(0), shown(1), shown(2), shown(3, width=0)]},
    ),
    ("five images", images(5), {}, None, gallery(5)),
    ("ten images", images(10), {}, None, gallery(10)),
    ("a video", {"media": (video(alt="Rain"),)}, {}, None, film(alt="Rain")),
    ("a silent loop", {"media": (video(),)}, {"presentation": "gif"}, None, film(presentation="gif")),
    ("a GIF", GIF, {}, None, film(presentation="gif")),
    ("a GIF like a video", GIF, {"presentation": "default"}, None, film(presentation="default")),
    (
        "a card",
        {"link": LINK},
        {},
        Card(title="Sale", description="All of it", thumb=BLOB),
        {"$type": f"{EMBED}.external", "external": {**CARD, "thumb": BLOB}},
    ),
    (
        "a card without a picture",
        {"link": LINK},
        {},
        Card(title="Sale", description="All of it"),
        {"$type": f"{EMBED}.external", "external": CARD},
    ),
]
QUOTE = {"$type": f"{EMBED}.record", "record": {"uri": URI, "cid": CID}}


@pytest.mark.parametrize("quoting", [False, True])
@pytest.mark.parametrize(
    ("fields", "options", "card", "wanted"), [row[1:] for row in EMBEDS], ids=[r[0] for r in EMBEDS]
)
def test_the_embed(fields: dict[str, Any], options: Any, card: Card | None, wanted: Any, quoting: bool) -> None:
    """More than four images are a gallery, whose images need a ratio. A quote alone, or beside any other embed."""
    blobs = (BLOB,) * len(fields.get("media", ()))
    prepared = Prepared(blobs=blobs, card=card, quote=Ref(uri=URI, cid=CID) if quoting else None)
    record = record_of("Hello", prepared, {**options, **({"quote": URI} if quoting else {})}, **fields)
    judged(record)
    if quoting and wanted:
        wanted = {"$type": f"{EMBED}.recordWithMedia", "record": QUOTE, "media": wanted}
    assert record.get("embed") == (wanted or (QUOTE if quoting else None))


def test_the_whole_record_of_a_text() -> None:
    record = record_of()
    assert record == {"$type": f"{FEED}.post", "text": "Hello", "createdAt": "2026-12-01T09:00:00.000Z"}
    options = {"langs": ["en", "pt-BR"], "tags": ["sale"], "labels": ["nudity"]}
    read = judged(record_of("@alice.test #sale", Prepared(mentions={"alice.test": "did:plc:alice"}), options))
    assert (read.langs, read.tags, len(read.facets)) == (["en", "pt-BR"], ["sale"], 2)
    assert [label.val for label in read.labels.values] == ["nudity"]


GATES: dict[str, Any] = {
    f"{FEED}.threadgate": models.AppBskyFeedThreadgate.Record,
    f"{FEED}.postgate": models.AppBskyFeedPostgate.Record,
}
NO_QUOTES = {"embeddingRules": [{"$type": f"{FEED}.postgate#disableRule"}]}
CLOSED = {"replyControl": ["nobody"], "quotesAllowed": False}


def allowed(*names: str) -> dict[str, Any]:
    return {"allow": [{"$type": f"{FEED}.threadgate#{name}"} for name in names]}


@pytest.mark.parametrize(
    ("options", "step", "threadgate", "postgate"),
    [
        ({"quotesAllowed": True}, "post", None, None),
        ({"replyControl": ["nobody"]}, "post", allowed(), None),  # without the list, everybody may
        ({"replyControl": ["mentioned", "followers"]}, "post", allowed("mentionRule", "followerRule"), None),
        (
            {"replyControl": ["following", LIST]},
            "post",
            {"allow": [*allowed("followingRule")["allow"], {"$type": f"{FEED}.threadgate#listRule", "list": LIST}]},
            None,
        ),
        ({"quotesAllowed": False}, "post", None, NO_QUOTES),
        (CLOSED, "post", allowed(), NO_QUOTES),
        (CLOSED, "part-2", None, NO_QUOTES),  # a reply to a part is a reply in the thread
    ],
)
def test_who_may_reply_and_quote(options: dict[str, Any], step: str, threadgate: Any, postgate: Any) -> None:
    gates = gates_of(Options.model_validate(options), step, URI, timestamp(NOW))
    wanted = {name: gate for name, gate in zip(GATES, (threadgate, postgate), strict=True) if gate is not None}
    common = {"post": URI, "createdAt": timestamp(NOW)}
    assert gates == {name: {"$type": name, **common, **gate} for name, gate in wanted.items()}
    for name, gate in gates.items():
        judged(gate, GATES[name])


def test_each_publication_has_its_own_key() -> None:
    key = record_key(publication("one"))
    assert key == record_key(publication("two"))
    assert key != record_key(publication("one", seed="pub_01jd0000000000000000000001"))
    assert key != record_key(publication("one", at=NOW + timedelta(milliseconds=1)))
    assert len(key) == 13
    assert key[0] in "234567abcdefghij"


def test_a_later_due_time_is_the_same_post() -> None:
    first, later = record_of(), record_of(at=NOW + timedelta(hours=1))
    assert first != later
    assert same_post(first, later)
    assert not same_post(first, {**later, "text": "Goodbye"})
    assert not same_post(first, None)
