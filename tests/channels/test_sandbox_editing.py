"""A live post is edited, and keeps all that the edit does not change: every network of the sandbox that has a way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect
from munadi.domain.live_edit import Says, Version
from munadi.domain.withdrawal import PostedObject
from tests.channels.calls import Saved, visible_step
from tests.channels.sandbox import Acme, at, draft

# The posts that are edited, each beside another one of the profile, which stays; what changes; the operation.
KINDS: list[tuple[str, str, dict[str, Any], dict[str, Any], str]] = [
    ("mastodon", "photos", {}, {"text": "Corrected"}, "edit_status"),
    ("mastodon", "text", {"parts": ("Two",)}, {"options": {"contentWarning": "Rain"}}, "edit_status"),
    ("facebook", "text", {"first_comment": "More"}, {"text": "Corrected"}, "edit_post"),
    ("facebook", "photos", {}, {"text": "Corrected"}, "edit_post"),
    ("discord", "text", {"parts": ("Two",)}, {"text": "Corrected"}, "edit_message"),
    ("discord", "photos", {}, {"text": "Corrected", "options": {"embed": {"title": "Open"}}}, "edit_message"),
    ("google_business", "photo", {}, {"text": "Corrected"}, "edit_post"),
    (
        "google_business",
        "text",
        {"link": "https://acme.example/"},
        {"link": None, "options": {"callToAction": {"action": "call"}}},
        "edit_post",
    ),
    ("linkedin", "photos", {}, {"text": "Corrected (twice) #now"}, "edit_post"),
    ("pinterest", "photo", {"link": "https://acme.example/"}, {"text": "Corrected"}, "edit_pin"),
    (
        "pinterest",
        "photo",
        {},
        {"text": "Corrected", "link": "https://acme.example/new", "options": {"title": "Better"}},
        "edit_pin",
    ),
    ("telegram", "text", {"parts": ("Two",)}, {"text": "Corrected"}, "editMessageText"),
    ("telegram", "photos", {}, {"text": "Corrected"}, "editMessageCaption"),
    ("youtube", "clip", {}, {"text": "Corrected", "options": {"title": "Better"}}, "update_video"),
]
each = pytest.mark.parametrize(
    ("acme", "kind", "fields", "changes", "operation"),
    KINDS,
    indirect=["acme"],
    ids=[" ".join([name, kind, *more, *changes]) for name, kind, more, changes, _ in KINDS],
)


async def live(acme: Acme, kind: str, changes: dict[str, Any], text: str = "As it was", **fields: Any) -> Version:
    """A live post, and the version that it is to be."""
    given, saved = draft(acme, kind, text, **fields), Saved()
    made = await acme.post(given, saved)
    for step in acme.channel.steps(given):
        await acme.finish(given, saved, step)
    options = {**given.options, **changes.get("options", {})}
    new = given.model_copy(update={**changes, "options": options})
    rule = acme.channel.live_edit(given, acme.account)
    assert "text" in rule.fields
    assert acme.channel.validate(new, acme.account) == []
    one = PostedObject(id=made.made[0].id, version=made.made[0].version)
    return Version(object=one, new=Draft(**new.model_dump(include=set(Draft.model_fields))), old=(given,))


async def edit(acme: Acme, version: Version) -> None:
    attempt = visible_step()
    await acme.channel.edit(version, acme.account, attempt)
    assert attempt.passed


async def until(acme: Acme, version: Version, wanted: Says) -> None:
    """A read after some time: networks lag. What no app can read is not waited for."""
    for _ in range(300):
        found = await acme.channel.read_live(version, acme.account)
        if found.says is wanted or found.blind:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"never {wanted}: {found}")


def seen(acme: Acme, changes: dict[str, Any]) -> list[dict[str, Any]]:
    """What a visitor sees of each post, without its text and what else changes."""
    hidden = ("text", "notes", "title", "editedAt", "raw", *changes)
    hidden += ("media",) if acme.name == "youtube" else ()  # the title is the text of its picture
    return [{name: value for name, value in one.items() if name not in hidden} for one in acme.posts]


@each
async def test_an_edit_changes_what_it_names_and_nothing_else(
    acme: Acme, kind: str, fields: dict[str, Any], changes: dict[str, Any], operation: str
) -> None:
    await live(acme, kind, changes, "It stays")
    version = await live(acme, kind, changes, **fields)
    await until(acme, version, Says.OLD)
    before = seen(acme, changes)
    await edit(acme, version)
    await until(acme, version, Says.NEW)
    assert seen(acme, changes) == before, "pictures, parts and the rest stay"
    texts = [one["text"] for one in acme.posts]
    assert "It stays" in texts
    assert version.new.text in texts


@each
@pytest.mark.parametrize("mode", ["accept_then_reset", "reset"])
async def test_a_lost_answer_is_settled_by_a_read_and_a_repetition_is_harmless(
    acme: Acme, kind: str, fields: dict[str, Any], changes: dict[str, Any], operation: str, mode: str
) -> None:
    version = await live(acme, kind, changes, **fields)
    acme.plant(operation, mode)
    with pytest.raises(ChannelError) as lost:
        await edit(acme, version)
    assert lost.value.effect is Effect.UNKNOWN
    await until(acme, version, Says.NEW if mode == "accept_then_reset" else Says.OLD)
    before = acme.posts if mode == "accept_then_reset" else None
    await edit(acme, version)
    await until(acme, version, Says.NEW)
    assert before is None or acme.posts == before


@at("mastodon")
async def test_a_post_with_a_poll_is_left_to_its_owner(acme: Acme) -> None:
    given = draft(acme, "text", options={"poll": {"options": ["a", "b"], "expiresIn": 300}})
    rule = acme.channel.live_edit(given, acme.account)
    assert (rule.fields, "poll" in rule.because) == ((), True)


@at("x")
@pytest.mark.parametrize(
    ("subscription", "options", "why"),
    [
        ("None", {}, "only Premium accounts"),
        (None, {}, "only Premium accounts"),
        ("Premium", {}, "could be published twice"),
        ("Premium", {"poll": {"options": ["a", "b"], "durationMinutes": 5}}, "a post with a poll"),
    ],
)
async def test_x_is_refused_for_the_reason_of_the_post(
    acme: Acme, subscription: str | None, options: dict[str, Any], why: str
) -> None:
    account = acme.account.model_copy(update={"facts": {"subscription": subscription}})
    rule = acme.channel.live_edit(draft(acme, "text", options=options), account)
    assert rule.fields == ()
    assert why in rule.because
    assert "publish it again" in rule.because, "every refusal says what to do"
