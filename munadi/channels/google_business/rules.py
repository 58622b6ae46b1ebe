"""What Google takes of a post, before anything is sent. Pure. Source: docs/networks/google_business.md, 3 and 4."""

from __future__ import annotations

from munadi.channels.google_business.spec import BOUNDS, LEADS, Action, Event, Options, Topic
from munadi.channels.rules import Rules
from munadi.channels.text import Problems
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft


class BusinessRules(Rules[Options]):
    """A post has one step. What a kind of post needs, and what it cannot have, is Google's own."""

    needs = ("text", "media")
    bounds, leads = BOUNDS, LEADS

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report an event or an offer that its kind lacks or does not take, and a button that leads nowhere."""
        topic, event = options.topic, options.event
        if topic is not Topic.STANDARD and event is None:
            message = f"needs an event, which is the title and the time, in a post of the topic {topic.value}"
            found.add("/options/event", "MISSING_OPTION", "event_missing", message)
        if topic is Topic.STANDARD and event is not None:
            message = "takes an event with the topic event or offer"
            found.add("/options/event", "OPTION_NOT_FOR_KIND", "event_of_topic", message, "event, offer", topic.value)
        if topic is not Topic.OFFER and options.offer is not None:
            message = "takes an offer's terms with the topic offer"
            found.add("/options/offer", "OPTION_NOT_FOR_KIND", "offer_of_topic", message, "offer", topic.value)
        if event is not None:
            _check_time(found, event)
        _check_button(found, draft, options)


def _check_time(found: Problems, event: Event) -> None:
    starts, ends = event.span
    if ends <= starts:
        message, limit = "needs an event that ends after it starts", starts.isoformat()
        found.add("/options/event/endDate", "INVALID_OPTION", "event_range", message, limit, ends.isoformat())


def _check_button(found: Problems, draft: Draft, options: Options) -> None:
    button, at = options.call_to_action, "/options/callToAction"
    if options.topic is Topic.OFFER:
        if button is not None:
            found.add(at, "OPTION_NOT_FOR_KIND", "action_of_offer", "shows no other button in an offer")
        if draft.link and options.offer is not None and options.offer.redeem_url:
            message = "has one address in an offer: give link or redeemUrl"
            found.add("/options/offer/redeemUrl", "INVALID_OPTION", "one_link", message)
        return
    if button is None:
        return
    if button.action is Action.CALL and (button.url or draft.link):
        at = f"{at}/url" if button.url else "/link"
        found.add(at, "INVALID_OPTION", "call_link", "rings the profile's own number, so a call has no address")
    elif button.action is not Action.CALL and not (button.url or draft.link):
        found.add(f"{at}/url", "MISSING_OPTION", "action_link", "needs the address that the button opens")
    elif button.url and draft.link:
        found.add(f"{at}/url", "INVALID_OPTION", "one_link", "has one button: give link or the button's url")
