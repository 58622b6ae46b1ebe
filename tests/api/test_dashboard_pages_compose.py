"""The form of a content: every option of every channel as a field, and nothing that the API would not take."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from api.dashboard.fields import Field, fields_of, prose, words
from munadi.channels.registry import REGISTRY
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from tests.api.browsing import Visitor, visiting
from tests.api.desk import START, Desk
from tests.api.markup import faults
from tests.channels.making import bench

WRITE = (Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)


def options_of(channel: ChannelName) -> dict[str, Field]:
    schema = bench(channel.value).channel.options.model_json_schema(by_alias=True)
    return {field.name: field for field in fields_of(schema)}


@pytest.mark.parametrize("channel", REGISTRY)
def test_every_option_of_every_channel_can_be_given(channel: ChannelName) -> None:
    schema = bench(channel.value).channel.options.model_json_schema(by_alias=True)
    fields = fields_of(schema)
    assert {field.name for field in fields} == set(schema["properties"])
    assert [field.name for field in fields if field.required] == list(schema.get("required", ()))
    for field in fields:
        assert bool(field.choices) is (field.kind in ("choice", "choices")), field
        assert field.label[0].isupper(), field
    assert {name for paragraph in prose(schema) for is_name, name in paragraph if is_name}


def test_an_option_is_asked_for_as_what_it_is() -> None:
    youtube, tiktok = options_of(ChannelName.YOUTUBE), options_of(ChannelName.TIKTOK)
    threads, bluesky = options_of(ChannelName.THREADS), options_of(ChannelName.BLUESKY)
    assert (youtube["madeForKids"].kind, youtube["madeForKids"].required) == ("ternary", True)
    assert next(iter(youtube)) == "madeForKids", "what is needed comes first"
    assert (youtube["privacyStatus"].kind, youtube["privacyStatus"].default) == ("choice", "public")
    assert (youtube["embeddable"].kind, youtube["embeddable"].default) == ("flag", True)
    assert (youtube["recordingDate"].kind, youtube["tags"].kind, youtube["localizations"].kind) == (
        "date",
        "lines",
        "json",
    )
    assert tiktok["privacyLevel"].choices[0] == ("PUBLIC_TO_EVERYONE", "Public to everyone")
    assert (tiktok["coverTimestampMs"].kind, tiktok["description"].kind) == ("number", "long")
    assert (threads["poll"].kind, threads["spoiler"].kind, threads["gif"].kind) == ("lines", "ternary", "json")
    assert threads["replyControl"].help == "Who may reply."
    assert bluesky["labels"].kind == "choices"


def test_names_are_written_as_words() -> None:
    assert [words(name) for name in ("shareToFeed", "SELF_ONLY", "!no-quotes", "isAiGenerated")] == [
        "Share to feed",
        "Self only",
        "No quotes",
        "Is AI generated",
    ]


async def test_the_form_has_the_brands_accounts_and_their_channels(small_desk: Desk, visitor: Visitor) -> None:
    await small_desk.account(ChannelName.THREADS, handle="<b>bold</b>", status=AccountStatus.EXPIRING.value)
    page = await visitor.page("/compose?brandRef=acme")
    assert faults(page) == []
    assert page.count('name="account"') == 4
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert "access ends soon" in page
    assert set(re.findall(r'id="panel-(\w+)"', page)) == {"bluesky", "instagram", "threads"}
    assert "For Instagram, Threads" in page, "those with first comments"
    page = await visitor.page("/compose?brandRef=rival")
    assert page.count('name="account"') == 1
    assert "checked" in page.partition('name="account"')[2].partition("</label>")[0], "the only one is chosen"
    assert 'id="first-comment"' not in page, "Bluesky has none"


async def test_a_day_of_the_calendar_is_filled_in(small_desk: Desk, visitor: Visitor) -> None:
    await small_desk.client.patch("/v1/brands/acme", json={"timezone": "Asia/Kolkata"})
    page = await visitor.page("/compose?brandRef=acme&date=2027-01-05")
    assert 'value="2027-01-05T09:00"' in page
    assert 'value="Asia/Kolkata"' in page
    assert 'value="later" checked' in page
    today = START.astimezone().date().isoformat()
    page = await visitor.page(f"/compose?brandRef=acme&date={today}")
    assert 'value="2026-12-01T16:00"' in page, "the next full hour but half an hour, of 14:30 there"
    assert 'value="now" checked' in await visitor.page("/compose?brandRef=acme")


async def test_the_default_time_exists_on_the_night_of_a_change_of_clocks(small_desk: Desk) -> None:
    await small_desk.client.patch("/v1/brands/acme", json={"timezone": "Europe/Berlin"})
    small_desk.clock.ahead = timedelta(days=116, hours=15, minutes=15)  # 01:15 there, and no 02:00 that night
    key = await small_desk.key_text(*WRITE)
    async with visiting(small_desk.app, key) as visitor:
        assert 'value="2027-03-28T03:00"' in await visitor.page("/compose?brandRef=acme")


async def test_without_accounts_or_brand_it_says_what_to_do_first(small_desk: Desk, visitor: Visitor) -> None:
    await small_desk.client.post("/v1/brands", json={"ref": "empty", "name": "Nobody yet"})
    page = await visitor.page("/compose?brandRef=empty")
    assert 'href="/accounts?brandRef=empty"' in page
    assert 'id="compose"' not in page
    page = await visitor.page("/compose?brandRef=nosuch")
    assert "There is no brand “nosuch”" in page


async def test_a_key_sees_its_own_brand_only(small_desk: Desk) -> None:
    key = await small_desk.key_text(*WRITE, brand_ref="rival")
    async with visiting(small_desk.app, key) as rival:
        page = await rival.page("/compose?brandRef=acme")
    assert "acme.shop" not in page
    assert 'data-brand="rival"' in page


async def test_a_key_that_may_not_read_accounts_is_told_so(small_desk: Desk) -> None:
    key = await small_desk.key_text(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ)
    async with visiting(small_desk.app, key) as writer:
        answer = await writer.client.get("/compose")
    assert answer.status_code == 403
    assert Scope.ACCOUNTS_READ in answer.text
