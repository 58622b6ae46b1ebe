"""Records are what the lexicons say, judged by the atproto package's models, and the same for the same draft."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from atproto import models
from pydantic import SecretStr

from munadi.channels.bluesky import build
from munadi.channels.bluesky.spec import Options
from munadi.channels.bluesky.state import Card, Prepared
from munadi.channels.bluesky.thread import record_key
from munadi.channels.bluesky.wire import post_record, post_uri, same_post
from munadi.channels.http import ChannelTools
from munadi.domain.failure import Effect, Reason
from munadi.outbound.guard import Guard, guarded_client
from munadi.ports import AccountImport
from tests.channels.making import (
    NOW,
    Cards,
    FixedClock,
    Saved,
    StoredMedia,
    account,
    error_of,
    image,
    publication,
    visible_step,
)
from tests.channels.network import Network, answer, ok

BLOB = {
    "$type": "blob",
    "ref": {"$link": "bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy"},
    "mimeType": "image/jpeg",
    "size": 1000,
}


def judged(record: dict[str, Any]) -> models.AppBskyFeedPost.Record:
    """The record as the independent models read it; they refuse what the lexicon does not allow."""
    read = models.get_or_create(record, models.AppBskyFeedPost.Record, strict=True)
    assert isinstance(read, models.AppBskyFeedPost.Record)
    return read


def test_a_plain_text() -> None:
    record = post_record(publication("Hello"), Options(), Prepared())
    assert record == {"$type": "app.bsky.feed.post", "text": "Hello", "createdAt": "2026-12-01T09:00:00.000Z"}
    judged(record)


def test_images_with_alt_and_ratio() -> None:
    media = (image(0, alt="An umbrella", width=800, height=600), image(1, width=0, height=0))
    record = post_record(publication("Hello", media=media), Options(), Prepared(blobs=(BLOB, BLOB)))
    embed = judged(record).embed
    assert isinstance(embed, models.AppBskyEmbedImages.Main)
    assert [(one.alt, one.aspect_ratio and one.aspect_ratio.width) for one in embed.images] == [
        ("An umbrella", 800),
        ("", None),
    ]


def test_a_link_card() -> None:
    prepared = Prepared(card=Card(title="Sale", description="All of it", thumb=BLOB))
    record = post_record(publication("Hello", link="https://acme.example/sale"), Options(), prepared)
    embed = judged(record).embed
    assert isinstance(embed, models.AppBskyEmbedExternal.Main)
    assert (embed.external.uri, embed.external.title, embed.external.description) == (
        "https://acme.example/sale",
        "Sale",
        "All of it",
    )
    assert embed.external.thumb is not None


def test_a_card_without_a_picture_has_no_thumb() -> None:
    record = post_record(publication(link="https://acme.example"), Options(), Prepared(card=Card(title="acme.example")))
    assert "thumb" not in record["embed"]["external"]
    judged(record)


def test_languages_tags_and_labels() -> None:
    options = Options(langs=("en", "pt-BR"), tags=("sale",), labels=("nudity",))
    read = judged(post_record(publication("Hello"), options, Prepared()))
    assert (read.langs, read.tags) == (["en", "pt-BR"], ["sale"])
    assert isinstance(read.labels, models.ComAtprotoLabelDefs.SelfLabels)
    assert [label.val for label in read.labels.values] == ["nudity"]


def test_facets_stand_in_the_record() -> None:
    record = post_record(
        publication("@alice.test #sale"), Options(), Prepared(mentions={"alice.test": "did:plc:alice"})
    )
    assert len(judged(record).facets or []) == 2


def test_the_key_belongs_to_the_publication_alone() -> None:
    key = record_key(publication("one"))
    assert key == record_key(publication("two"))
    assert key != record_key(publication("one", seed="pub_01jd0000000000000000000001"))
    assert key != record_key(publication("one", at=NOW + timedelta(milliseconds=1)))
    assert len(key) == 13
    assert key[0] in "234567abcdefghij"


def test_a_later_due_time_is_the_same_post() -> None:
    first = post_record(publication("Hello"), Options(), Prepared())
    later = post_record(publication("Hello", at=NOW + timedelta(hours=1)), Options(), Prepared())
    assert first != later
    assert same_post(first, later)
    assert not same_post(first, {**later, "text": "Goodbye"})
    assert not same_post(first, None)


DID = "did:plc:abcdefghijklmnopqrstuvwx"
ENTRYWAY = "http://10.0.0.7/entry"
DRAFT = publication("Hello")


def tools(trusted: Network, guarded: httpx.AsyncClient) -> ChannelTools:
    client = httpx.AsyncClient(transport=trusted)
    return ChannelTools(client, guarded, StoredMedia(), Cards(), FixedClock())


@pytest.mark.parametrize(
    ("service_url", "is_guarded"),
    [
        (None, False),
        (ENTRYWAY, False),
        (f"{ENTRYWAY}/", False),
        ("https://pds.example", True),
        ("http://10.0.0.7", True),
    ],
)
async def test_which_client_calls(service_url: str | None, is_guarded: bool) -> None:
    trusted, guarded = Network(), Network()
    for network in (trusted, guarded):
        network.on("POST", "", ok({"uri": post_uri(DID, record_key(DRAFT))})).on(
            "GET", "", answer(400, {"error": "RecordNotFound"})
        )
    client = httpx.AsyncClient(transport=guarded)
    channel = build({"hosts": {"entryway": ENTRYWAY}}, tools(trusted, client))
    who = account("bluesky", DID, service_url=service_url)
    await channel.publish(DRAFT, who, None, Saved(), visible_step())
    await channel.find(DRAFT, who, None, NOW)
    assert (len(trusted.requests), len(guarded.requests)) == ((0, 2) if is_guarded else (2, 0))


@pytest.mark.parametrize(
    "service_url", ["http://127.0.0.1:9", "https://169.254.169.254", "https://[::1]", "ftp://x.dev"]
)
async def test_a_private_server_is_refused_for_good(service_url: str) -> None:
    async with guarded_client(Guard()) as guarded:
        channel = build({}, tools(Network(), guarded))
        given = AccountImport(identifier="a.dev", password=SecretStr("p"), service_url=service_url)
        error = await error_of(channel.verify(given))
    assert (error.reason, error.effect) == (Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED)
