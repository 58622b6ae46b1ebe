"""What each channel publishes: overrides, and where the link goes."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.domain.channel import ChannelName, LinkStyle
from munadi.domain.problem import Problem
from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.accounts import Target
from munadi.intake.drafts import PlacedDraft, check_draft, place_draft, with_link
from munadi.intake.media import IntakeMedia
from munadi.intake.requests import ContentRequest
from munadi.intake.warnings import draft_warnings
from tests.channels.making import bench
from tests.workflows.network import FakeChannel, spec

LINK = "https://acme.example/sale"


def placed(
    style: LinkStyle, own: dict[str, Any] | None = None, beside: LinkStyle | None = None, **content: Any
) -> PlacedDraft:
    body = {"brandRef": "acme", "channels": [{"channel": "threads"} | (own or {})]} | content
    sent = ContentRequest.model_validate(body)
    channel = FakeChannel(spec(ChannelName.THREADS, link_style=style, link_with_media=beside))
    return place_draft(sent, Target(0, sent.channels[0], channel, None), IntakeMedia())


def test_a_link_stays_a_link_where_there_are_cards() -> None:
    found = placed(LinkStyle.CARD, text="Sale", link=LINK)
    assert (found.draft.text, found.draft.link, draft_warnings([found])) == ("Sale", LINK, [])


def test_elsewhere_a_link_becomes_text_with_a_warning() -> None:
    found = placed(LinkStyle.APPENDED, text="Sale", link=LINK)
    assert (found.draft.text, found.draft.link) == (f"Sale\n\n{LINK}", None)
    warning = draft_warnings([found])[0]
    assert (warning.code, warning.channel, warning.pointer) == ("LINK_APPENDED", "threads", "/link")


# A pin has an address of its own, to which a click on it leads, and a post of a location a button.
WITH_A_LINK = {ChannelName.GOOGLE_BUSINESS, ChannelName.PINTEREST}


@pytest.mark.parametrize("name", list(ChannelName))
def test_a_link_beside_media_is_text_on_every_channel_but_two_with_a_warning(name: ChannelName) -> None:
    channel = bench(name).channel
    body = {"brandRef": "acme", "channels": [{"channel": name.value}], "text": "Sale", "link": LINK}
    sent = ContentRequest.model_validate(body | {"media": [{"url": "https://acme.example/1.jpg"}]})
    found = place_draft(sent, Target(0, sent.channels[0], channel, None), IntakeMedia())
    warnings = draft_warnings([found])
    if name in WITH_A_LINK:
        assert (found.draft.text, found.draft.link, warnings) == ("Sale", LINK, [])
        return
    assert (found.draft.text, found.draft.link) == (f"Sale\n\n{LINK}", None)
    assert (warnings[0].code, warnings[0].channel) == ("LINK_APPENDED", name.value)


def test_a_link_beside_media_has_the_channels_link_style_unless_its_spec_says_otherwise() -> None:
    media = [{"url": "https://acme.example/1.jpg"}]
    assert placed(LinkStyle.CARD, text="Sale", link=LINK, media=media).draft.link == LINK
    assert placed(LinkStyle.CARD, beside=LinkStyle.APPENDED, text="Sale", link=LINK).draft.link == LINK


@pytest.mark.parametrize(
    ("text", "expected"),
    [("", LINK), (f"See {LINK}", f"See {LINK}"), ("a \n", f"a\n\n{LINK}"), (f"{LINK}!", f"{LINK}!\n\n{LINK}")],
)
def test_a_link_is_appended_once(text: str, expected: str) -> None:
    assert with_link(text, LINK) == expected


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ({}, ("all", LINK)),
        ({"text": None, "link": None}, ("all", LINK)),
        ({"text": "mine"}, ("mine", LINK)),
        ({"text": ""}, ("", LINK)),
        ({"link": ""}, ("all", None)),
        ({"link": "https://other.example"}, ("all", "https://other.example")),
    ],
)
def test_an_override_replaces_and_an_empty_one_removes(own: dict[str, Any], expected: tuple[str, str | None]) -> None:
    found = placed(LinkStyle.CARD, own, text="all", link=LINK)
    assert (found.draft.text, found.draft.link) == expected


def problems_of(found: PlacedDraft, *problems: Problem) -> list[Problem]:
    """What is reported when the channel finds these problems."""
    collector = ProblemCollector()
    channel = found.target.channel
    assert isinstance(channel, FakeChannel)
    channel.validate = lambda draft, account: list(problems)  # type: ignore[method-assign]
    check_draft(found, collector)
    return collector.all


def problem(pointer: str, code: str = "INVALID", rule: str = "text") -> Problem:
    return Problem(pointer=pointer, code=code, message="no", channel="threads", rule=rule)


@pytest.mark.parametrize(
    ("pointer", "own", "expected"),
    [
        ("/text", {}, "/text"),
        ("/text", {"text": "mine"}, "/channels/0/text"),
        ("/link", {"text": "mine"}, "/link"),
        ("/media", {"media": []}, "/channels/0/media"),
        ("/options/kind", {}, "/channels/0/options/kind"),
        ("/parts/1", {}, "/channels/0/parts/1"),
    ],
)
def test_a_pointer_leads_to_the_field_that_was_sent(pointer: str, own: dict[str, Any], expected: str) -> None:
    found = problems_of(placed(LinkStyle.CARD, own, text="all"), problem(pointer))
    assert [each.pointer for each in found] == [expected]


def test_a_text_that_only_the_link_makes_too_long_points_at_the_link() -> None:
    too_long = problem("/text", "TEXT_TOO_LONG")
    by_link = problems_of(placed(LinkStyle.APPENDED, text="x" * 290, link=LINK), too_long)
    assert [(each.pointer, each.code) for each in by_link] == [("/link", "TEXT_TOO_LONG")]
    by_itself = problems_of(placed(LinkStyle.APPENDED, text="x" * 301, link=LINK), too_long)
    assert [each.pointer for each in by_itself] == ["/text"]
