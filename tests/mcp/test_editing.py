"""What an agent needs beside publishing: the brand's zone, a file, an edit, and not to wait in vain."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from munadi.domain.channel import ChannelName
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.mcp.texts import failed, not_worth_waiting, remedy_of
from tests.api.test_withdrawing import live
from tests.harness.files import picture
from tests.mcp.conftest import FAR, Agent, words

POST = {"brandRef": "acme", "text": "Monsoon sale", "channels": ["bluesky"], "scheduledAt": FAR}
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


async def test_brands_have_their_zones(agent: Agent) -> None:
    await agent.api.patch("/v1/brands/acme", {"timezone": "Asia/Kolkata"})
    assert "acme (no name): Asia/Kolkata" in words(await agent.ask("list_brands"))
    page = await agent.data("list_brands", limit=1)
    settings = {"duplicates": "warn", "unusableAccounts": "warn", "approval": "proposals", "fit": "refuse"}
    settings |= {"looks": None}
    assert page["data"] == [
        {"ref": "acme", "mode": "live", "name": None, "timezone": "Asia/Kolkata", **settings, "metadata": {}}
    ]
    assert (await agent.data("list_brands", cursor=page["nextCursor"]))["data"][0]["ref"] == "rival"


async def test_a_file_is_stored_and_used(agent: Agent) -> None:
    stored = await agent.data("upload_media", brandRef="acme", base64=base64.b64encode(picture()).decode())
    made = await agent.data("publish", **POST, media=[{"id": stored["id"], "alt": "An umbrella"}])
    assert made["content"]["media"][0]["id"] == stored["id"]
    for wrong, said in (("not base64!", "is not Base64"), (base64.b64encode(b"words").decode(), "/file")):
        refused = await agent.ask("upload_media", brandRef="acme", base64=wrong)
        assert (refused.is_error, said in words(refused)) == (True, True), words(refused)


async def test_an_edit_changes_what_is_given_and_nothing_that_another_changed(agent: Agent) -> None:
    content = (await agent.data("publish", **POST))["content"]
    named = {"contentId": content["id"], "version": content["version"]}
    edited = (await agent.data("edit", **named, text="Monsoon sale, now open"))["content"]
    assert (edited["text"], edited["scheduledAt"]) == ("Monsoon sale, now open", content["scheduledAt"])
    stale = await agent.ask("edit", **named, text="Mine")
    assert (stale.is_error, stale.structured_content["problem"]["status"]) == (True, 412)
    assert (await agent.data("status", contentId=content["id"]))["content"]["text"] == edited["text"]


async def test_null_removes_a_field_as_in_the_api(agent: Agent) -> None:
    made = (await agent.data("publish", **POST, link="https://shop.example/sale", metadata={"campaign": "rain"}))[
        "content"
    ]
    assert made["link"]
    edited = await agent.data("edit", contentId=made["id"], version=made["version"], link=None)
    assert (edited["content"]["link"], edited["content"]["text"]) == (None, POST["text"])
    assert edited["content"]["metadata"] == {"campaign": "rain"}


async def live_toot(agent: Agent, text: str) -> dict[str, Any]:
    """A post that is live at a network where it can be edited and withdrawn."""
    await agent.api.add_account(ChannelName.MASTODON)
    return await live(agent.api, text=text, channels=["mastodon"], url="https://social.example/1")


async def test_a_live_post_is_edited_and_proven(agent: Agent) -> None:
    [publication] = (await live_toot(agent, "Monsoon sale"))["publications"]
    named = {"publicationId": publication["id"]}
    edited = await agent.ask("edit_live", **named, text="Monsoon sale, open", options={"contentWarning": None})
    assert "edit (version 2): editing since" in words(edited)
    assert "Next: Call status in a minute" in words(edited)
    assert edited.structured_content["ended"] is False
    proof = await agent.ask("receipt", **named)
    found = proof.structured_content
    assert found["claims"]["edits"][0]["status"] == "editing"
    assert found["receipt"] in words(proof)
    refused = await agent.ask("edit_live", **named, title="A title")
    assert "its address: https://social.example/1" in words(refused)
    assert "/title" in words(refused)
    pending = (await agent.data("publish", **POST))["content"]["publications"][0]["id"]
    assert "once it is published" in words(await agent.ask("receipt", publicationId=pending))


async def test_only_a_post_that_is_named_by_its_text_is_withdrawn(agent: Agent) -> None:
    text = "Monsoon sale: umbrellas at half price, today only"
    content = await live_toot(agent, text)
    [publication] = content["publications"]
    for confirm in ("", "yes", content["id"], text, text[:39]):
        refused = await agent.ask("withdraw", contentId=content["id"], confirm=confirm)
        assert refused.structured_content["problem"]["code"] == "NOT_CONFIRMED", confirm
        assert f"this post begins with: {text[:40]}" in words(refused)
    named = {"contentId": content["id"], "confirm": text[:40]}
    wrong = await agent.ask("withdraw", **named, publicationId=f"pub_{content['id'][4:]}")
    assert wrong.structured_content["problem"]["errors"][0]["pointer"] == "/publicationId"
    assert publication["id"] in words(wrong)
    assert (await agent.api.read_content(content["id"]))["publications"][0]["withdrawal"] is None
    withdrawn = await agent.ask("withdraw", **named, publicationId=publication["id"])
    assert "withdrawal: withdrawing since" in words(withdrawn)
    assert "perhaps still there: post https://social.example/1" in words(withdrawn)
    again = await agent.data("withdraw", **named)
    assert again["content"]["publications"] == withdrawn.structured_content["content"]["publications"]


async def test_nobody_waits_for_next_month(agent: Agent) -> None:
    content = (await agent.data("publish", **POST))["content"]
    result = await agent.ask("wait", contentId=content["id"], timeoutSeconds=1)
    assert result.structured_content["timedOut"]
    assert "Do not call wait before then" in words(result)
    assert "Call wait again" not in words(result)


def content(*publications: dict[str, Any]) -> Any:
    return {"publications": [{"status": "queued", "hold": None, "scheduledAt": None, **each} for each in publications]}


@pytest.mark.parametrize(
    ("publications", "words_"),
    [
        ([{"scheduledAt": (NOW + timedelta(seconds=44)).isoformat()}], None),
        ([{"scheduledAt": (NOW + timedelta(seconds=46)).isoformat()}], "2026-12-01T09:00:46Z"),
        ([{"status": "publishing"}, {"scheduledAt": (NOW + timedelta(days=3)).isoformat()}], None),
        ([{"hold": {"reason": "TOKEN", "until": None}}], "waits for a person (TOKEN)"),
        ([{"hold": {"reason": "OUTAGE", "until": (NOW + timedelta(minutes=5)).isoformat()}}], "2026-12-01T09:05:00Z"),
        ([{"status": "published"}], None),
    ],
)
def test_a_wait_is_worth_it_when_something_can_happen_in_time(
    publications: list[dict[str, Any]], words_: str | None
) -> None:
    found = not_worth_waiting(content(*publications), 45, NOW)
    assert found is None if words_ is None else words_ in str(found)


def test_a_remedy_names_the_networks_words_only_if_there_are_any() -> None:
    failure: Any = {
        "reason": "INVALID_FIELD", "class": "INVALID_REQUEST", "retryable": "after_fix", "message": "m",
        "remedy": REASONS[Reason.INVALID_FIELD].remedy, "providerCode": "100",
        "providerMessage": None, "retryAfter": None,
    }  # fmt: skip
    assert "provider's message" not in "".join(failed(failure))
    assert "provider's message" in "".join(failed({**failure, "providerMessage": "bad caption"}))
    for reason in Reason:
        assert "provider's message" not in (remedy_of({"code": reason.value}) or ""), "nothing was sent yet"


async def test_a_channel_is_described_without_internals(agent: Agent) -> None:
    channel = await agent.data("describe_channel", channel="youtube")
    assert {"textLimits", "mediaRules", "options", "linkStyle", "firstComment", "maxParts"} <= set(channel)
    assert not {"hosts", "scopes", "resend", "absenceWindow", "sources"} & set(channel)
