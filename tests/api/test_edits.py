"""Editing a post: what is sent is checked like a new post, and everything else stays."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic.alias_generators import to_camel
from sqlmodel import select

from munadi.db.tables import DiscardRow
from munadi.domain.content import STORED
from munadi.intake.requests import ContentEdit
from tests.api.harness import ApiHarness, later
from tests.api.problems import expect_errors
from tests.api.test_changes import draft_of, on_two_channels

pytestmark = pytest.mark.each_database
# A first and a second value of each field that an edit may have.
FIELDS: dict[str, tuple[Any, Any]] = {
    "text": ("all", "new"),
    "link": ("https://acme.example/sale", "https://acme.example/end"),
    "media": ("/a.jpg", "/b.jpg"),
    "channels": ([{"channel": "bluesky", "text": "only here"}], [{"channel": "bluesky", "text": "here too"}]),
    "metadata": ({"campaign": "monsoon"}, {"campaign": "diwali"}),
    "fit": ("convert", "refuse"),
    "fitMode": ("pad", "crop"),
    "withdrawAt": ("2027-03-04T09:00:00Z", "2027-03-05T09:00:00Z"),
}


async def test_an_edit_changes_only_the_sent_fields(api: ApiHarness) -> None:
    made = await api.submit(
        text="all",
        link="https://acme.example/sale",
        media=[{"url": api.site.url("/a.jpg"), "alt": "an umbrella"}],
        channels=[{"channel": "bluesky", "text": "only here"}],
    )
    done = (await api.edit(made["id"], {"text": "new", "link": None})).json()
    assert (done["text"], done["link"]) == ("new", None)
    assert [(media["id"], media["alt"]) for media in done["media"]] == [(made["media"][0]["id"], "an umbrella")]
    # The override is still there, so that only the link differs on the network.
    assert (done["version"], done["draftVersion"]) == (2, 2)
    await api.edit(made["id"], {"channels": [{"channel": "bluesky", "text": None}]}, '"2"')
    assert await draft_of(api, made["id"], 3) == ["new"]
    assert (await api.edit(made["id"], {"media": []}, '"3"')).json()["media"] == []
    assert api.site.requests["/a.jpg"] == 1


@pytest.mark.each_database(False)
@pytest.mark.parametrize("name", FIELDS)
async def test_an_edit_of_one_field_keeps_every_other(api: ApiHarness, name: str) -> None:
    async def shown(content_id: str) -> dict[str, Any]:
        async with api.locked(content_id) as content:
            channels = [each["text"] for each in content.draft.source["channels"]]
        content_now = await api.read_content(content_id)
        return {each: content_now[each] for each in FIELDS if each != "channels"} | {"channels": channels}

    def sent(which: int) -> dict[str, Any]:
        values = {each: value[which] for each, value in FIELDS.items()}
        return values | {"media": [{"url": api.site.url(values["media"])}]}

    assert set(FIELDS) == {to_camel(each) for each in ContentEdit.model_fields}
    assert set(STORED) <= set(ContentEdit.model_fields)
    made = (await api.submit(**sent(0)))["id"]
    before = await shown(made)
    assert (await api.edit(made, {name: sent(1)[name]})).status_code == 200
    after = await shown(made)
    assert {each for each in FIELDS if after[each] != before[each]} == {name}


async def test_the_draft_version_changes_only_with_what_the_network_shows(api: ApiHarness) -> None:
    content_id = (await api.submit(text="all", channels=[{"channel": "bluesky", "text": "only here"}]))["id"]
    async with api.locked(content_id) as content:
        row = content.publications[0]
        row.sealed_preparation, row.preparation_ready, row.preparation_draft_version = b"sealed", True, 1
    unseen = (await api.edit(content_id, {"text": "no network shows this"})).json()
    assert (unseen["text"], unseen["version"], unseen["draftVersion"]) == ("no network shows this", 2, 1)
    async with api.locked(content_id) as content:
        assert content.publications[0].preparation_ready
    seen = (await api.edit(content_id, {"channels": [{"channel": "bluesky", "text": "new"}]}, '"2"')).json()
    assert (seen["version"], seen["draftVersion"]) == (3, 2)
    async with api.locked(content_id) as content:
        row = content.publications[0]
        assert (row.sealed_preparation, row.preparation_ready) == (None, False)
        left = (await content.session.exec(select(DiscardRow))).all()
    # What was prepared for the old draft is left to be deleted.
    assert [(one.sealed_preparation, one.draft_version, one.detached) for one in left] == [(b"sealed", 1, True)]


async def test_the_lead_time_follows_the_draft(api: ApiHarness) -> None:
    content_id = (await api.submit())["id"]
    leads = []
    for media in ([], [{"url": api.site.url("/a.jpg")}]):
        await api.edit(content_id, {"media": media}, "*")
        async with api.locked(content_id) as content:
            leads.append(content.publications[0].lead_seconds)
    assert (leads[0], leads[1] > 0) == (0.0, True)


async def test_an_edit_is_checked_like_a_new_post(api: ApiHarness) -> None:
    content_id = (await on_two_channels(api))["id"]
    body = {
        "text": "x" * 400,
        "channels": [{"channel": "bluesky", "options": {"langs": "de"}}],
        "media": [{"url": api.site.url("/gone.jpg")}],
    }
    broken = (("/text", "TEXT_TOO_LONG"), ("/channels/0/options/langs", "INVALID_OPTION"))
    shape = await api.edit(content_id, body | {"scheduledAt": later(days=3)})
    expect_errors(shape, *broken, ("/scheduledAt", "UNKNOWN_FIELD"))
    assert "/gone.jpg" not in api.site.requests, "not for a broken shape"
    expect_errors(await api.edit(content_id, body), *broken, ("/media/0/url", "MEDIA_UNREACHABLE"))
    expect_errors(await api.edit(content_id, {"channels": ["instagram", "threads"]}), ("/channels/1", "CHANNELS_FIXED"))
    assert (await api.read_content(content_id))["version"] == 1


async def test_a_post_can_be_edited_while_its_account_needs_a_reconnect(api: ApiHarness) -> None:
    made = await api.submit()
    await api.update_account(made["publications"][0]["accountId"], status="reauth_required")
    assert (await api.edit(made["id"], {"text": "still mine"})).status_code == 200
