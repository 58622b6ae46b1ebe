"""The form of a post: every option of every channel as a field, and nothing that the API would refuse."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest

from api.dashboard.fields import Field, fields_of, prose, words
from munadi.channels.registry import REGISTRY
from munadi.domain.account import AccountStatus
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words
from tests.channels.making import bench
from tests.db.seeding import START

WRITE = (Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)
FORM = "/compose?brandRef=acme"


def options_of(channel: ChannelName) -> dict[str, Field]:
    schema = bench(channel.value).channel.options.model_json_schema(by_alias=True)
    return {field.name: field for field in fields_of(schema)}


@pytest.mark.parametrize("channel", REGISTRY)
def test_every_option_of_every_channel_has_a_field(channel: ChannelName) -> None:
    schema = bench(channel.value).channel.options.model_json_schema(by_alias=True)
    fields = fields_of(schema)
    assert {field.name for field in fields} == set(schema["properties"])
    assert [field.name for field in fields if field.required] == list(schema.get("required", ()))
    for field in fields:
        assert bool(field.choices) is (field.kind in ("choice", "choices")), field
        assert field.label[0].isupper(), field
    assert {name for paragraph in prose(schema) for is_name, name in paragraph if is_name}


def test_the_kind_of_a_field_follows_its_schema() -> None:
    kinds = {
        ChannelName.YOUTUBE: {
            "madeForKids": "ternary", "privacyStatus": "choice", "embeddable": "flag", "recordingDate": "date",
            "tags": "lines", "localizations": "json",
        },
        ChannelName.TIKTOK: {"coverTimestampMs": "number", "description": "long"},
        ChannelName.THREADS: {"poll": "lines", "spoiler": "ternary", "gif": "json"},
        ChannelName.BLUESKY: {"labels": "choices"},
    }  # fmt: skip
    for channel, expected in kinds.items():
        options = options_of(channel)
        assert {name: options[name].kind for name in expected} == expected
    youtube = options_of(ChannelName.YOUTUBE)
    assert next(iter(youtube)) == "madeForKids", "required fields come first"
    assert youtube["madeForKids"].required
    assert (youtube["privacyStatus"].default, youtube["embeddable"].default) == ("public", True)
    first = options_of(ChannelName.TIKTOK)["privacyLevel"].choices[0]
    assert first == ("PUBLIC_TO_EVERYONE", "Public to everyone")
    assert (youtube["madeForKids"].asks, youtube["privacyStatus"].asks) == (True, False)
    assert options_of(ChannelName.TIKTOK)["privacyLevel"].asks, "an empty one would be refused"
    assert (youtube["title"].rare, youtube["madeForKids"].rare, youtube["license"].rare) == (False, False, True)
    assert options_of(ChannelName.TIKTOK)["privacyLevel"].need == "who can see this"
    assert options_of(ChannelName.THREADS)["replyControl"].help == "Who may reply to a post."


def test_names_are_written_as_words() -> None:
    written = [words(name) for name in ("shareToFeed", "SELF_ONLY", "!no-quotes", "isAiGenerated")]
    assert written == ["Share to feed", "Self only", "No quotes", "Is AI generated"]


async def test_the_form_has_the_brands_accounts_and_their_channels(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    await api.add_account(ChannelName.THREADS, handle="<b>bold</b>", status=AccountStatus.EXPIRING.value)
    page = await dashboard.page(FORM)
    assert faults(page) == []
    assert page.count('name="account"') == 4
    expect_words(page, "&lt;b&gt;bold&lt;/b&gt;", "access ends soon")
    assert set(re.findall(r'id="panel-(\w+)"', page)) == {"bluesky", "instagram", "threads"}
    assert "For Instagram, Threads" in page, "these have first comments"
    page = await dashboard.page("/compose?brandRef=rival")
    assert page.count('name="account"') == 1
    assert "checked" in page.partition('name="account"')[2].partition("</label>")[0], "the only account is chosen"
    assert 'id="first-comment"' not in page, "Bluesky has none"


async def test_a_day_of_the_calendar_is_filled_in(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await api.patch("/v1/brands/acme", {"timezone": "Asia/Kolkata"})
    page = await dashboard.page(f"{FORM}&date=2027-01-05")
    expect_words(page, 'value="2027-01-05T09:00"', 'value="Asia/Kolkata"', 'value="later" checked')
    page = await dashboard.page(f"{FORM}&date={START.astimezone().date().isoformat()}")
    assert 'value="2026-12-01T16:00"' in page, "the next full hour at least half an hour after 14:30 there"
    assert 'value="now" checked' in await dashboard.page(FORM)


async def test_the_default_time_exists_on_the_night_of_a_clock_change(api: ApiHarness) -> None:
    await api.patch("/v1/brands/acme", {"timezone": "Europe/Berlin"})
    api.clock.ahead = timedelta(days=116, hours=15, minutes=15)  # 01:15 there, and no 02:00 that night
    async with api.dashboard(await api.key(*WRITE)) as dashboard:
        assert 'value="2027-03-28T03:00"' in await dashboard.page(FORM)


async def test_without_accounts_or_a_brand_the_page_says_what_to_do_first(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    await api.create("/v1/brands", {"ref": "empty", "name": "Nobody yet"})
    page = await dashboard.page("/compose?brandRef=empty")
    assert 'href="/accounts?brandRef=empty#connect-title"' in page
    assert 'id="compose"' not in page
    assert "There is no brand “nosuch”" in await dashboard.page("/compose?brandRef=nosuch")


async def test_a_key_sees_its_own_brand_and_needs_to_read_accounts(api: ApiHarness) -> None:
    async with api.dashboard(await api.key(*WRITE, brand_ref="rival")) as rival:
        page = await rival.page(FORM)
    assert ("acme.shop" in page, 'data-brand="rival"' in page) == (False, True)
    async with api.dashboard(await api.key(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ)) as writer:
        answer = await writer.get(FORM)
    assert (answer.status_code, Scope.ACCOUNTS_READ in answer.text) == (403, True)


async def test_a_key_that_prepares_drafts_saves_and_does_not_submit(api: ApiHarness) -> None:
    async with api.dashboard(await api.key(Scope.DRAFTS_WRITE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)) as preparer:
        page = await preparer.page("/compose?brandRef=acme")
    assert faults(page) == []
    assert ('id="save"' in page, 'id="submit" disabled hidden' in page) == (True, True)
    async with api.dashboard(await api.key(*WRITE)) as writer:
        assert 'id="submit">' in await writer.page("/compose?brandRef=acme")


async def test_drafts_are_listed_and_open_for_their_own_brand(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    written = {"brandRef": "acme", "text": "<b>Half</b>", "scheduledAt": "2027-01-05T03:30:00Z", "publishBy": "later"}
    draft = await api.create("/v1/drafts", written)
    await api.patch("/v1/brands/acme", {"timezone": "Asia/Kolkata"})
    page = await dashboard.page(FORM)
    assert faults(page) == []
    expect_words(page, "&lt;b&gt;Half&lt;/b&gt;", "not finished", f"/compose?brandRef=acme&amp;draft={draft['id']}")
    assert draft["id"] not in await dashboard.page("/compose?brandRef=rival"), "another brand's list"
    redirected = await dashboard.get(f"/compose?brandRef=rival&draft={draft['id']}")
    assert (redirected.status_code, redirected.headers["location"]) == (303, f"{FORM}&draft={draft['id']}")
    opened = await dashboard.page(f"{FORM}&draft={draft['id']}")
    found = re.search(r'data-draft="([^"]+)"', opened)
    assert found is not None
    content = json.loads(html.unescape(found[1]))["content"]
    assert (content["scheduledAt"], content["timezone"]) == ("2027-01-05T09:00", "Asia/Kolkata"), "an instant, there"
    assert content["publishBy"] == "later", "what is no time stays as it is"
    assert (await dashboard.get(f"{FORM}&draft=drf_unknown")).status_code == 404


async def test_a_submitted_draft_leads_to_its_post(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    draft = await api.create("/v1/drafts", {"brandRef": "acme", "text": "Sent", "channels": ["bluesky"]})
    answer = await api.post(f"/v1/drafts/{draft['id']}/submit", headers={"If-Match": f'"{draft["version"]}"'})
    assert answer.status_code == 202, answer.text
    back = await dashboard.get(f"{FORM}&draft={draft['id']}")
    assert (back.status_code, back.headers["location"]) == (303, f"/contents/{answer.json()['id']}")
    async with api.dashboard(await api.key(Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, brand_ref="rival")) as rival:
        assert (await rival.get(f"/compose?brandRef=rival&draft={draft['id']}")).status_code == 404


async def test_a_key_that_cannot_read_posts_sees_no_drafts(api: ApiHarness) -> None:
    draft = await api.create("/v1/drafts", {"brandRef": "acme", "text": "Half a sentence"})
    async with api.dashboard(await api.key(Scope.CONTENTS_WRITE, Scope.ACCOUNTS_READ, brand_ref="acme")) as writer:
        page = await writer.page("/compose")
    assert ('id="compose"' in page, draft["id"] in page) == (True, False)
    async with api.dashboard(await api.key(*WRITE, brand_ref="rival")) as rival:
        assert (await rival.get(f"/compose?draft={draft['id']}")).status_code == 404
