"""What a network takes, and how a post for it is planned: the base of each network's rules. Pure.

A network states what it asks as data (`needs`, `alone`, `bounds`, a `PollRule`) and writes a check for what
is its own alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, NamedTuple

from pydantic import BaseModel

from munadi.channels.files import Bound, FileRule, check_file, check_media_count
from munadi.channels.steps import texts_of
from munadi.channels.text import Problems, check_extras, collapsed, is_blank, is_web_address, lengths, measure, too_long
from munadi.channels.weighted import is_charged_as_link
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind, MediaRule, Resend, TextLength, TextLimit, TextUnit
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem
from munadi.ports.publication import Options

COMMENTED = "/firstComment"
WANTED = {"media": "media"}


class Alone(NamedTuple):
    """An option that stands without something else: `media`, `link`, or another option, as requests name it."""

    option: str
    without: str
    rule: str
    message: str


class Leads(NamedTuple):
    """How long before the slot the preparation begins: of a post with a video, with other media, and without."""

    video: timedelta
    media: timedelta
    text: timedelta = timedelta(0)


# At every network but Threads, which says so of each attachment.
POLL_WITHOUT_MEDIA = Alone("poll", "media", "poll_media", "takes a poll without media")


@dataclass(frozen=True)
class PollRule:
    """What a network asks of a poll beside its options' model: how many options, of how many characters, how long."""

    characters: int | None = None
    unit: TextUnit = TextUnit.CODE_POINTS
    options: int | None = None
    seconds: tuple[int, int] | None = None


class Rules(Generic[Options]):
    """What one network takes. The defaults follow the spec; a network overrides what it does differently.

    Where some of the draft's options are invalid, `options` are the others: `NetworkChannel` has reported those
    problems already. None where nothing can be read. `comment_limits` are the limits of a first comment's length,
    `needs` is what a post must have one of: `text`, `link`, `media` or an option. `alone` are options that exclude
    something. `bounds` are what files must keep beside the spec's rule of their kind. Without
    `leads` the spec's lead is that of every post.
    """

    comment_limits: Sequence[TextLimit] = ()
    needs: Sequence[str] = ()
    alone: Sequence[Alone] = ()
    bounds: Mapping[MediaKind, Sequence[Bound]] = {}
    leads: Leads | None = None

    def __init__(self, spec: ChannelSpec) -> None:
        self.spec = spec

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        found = Problems(self.spec)
        found += check_extras(self.spec, draft)
        self.check_texts(found, draft, options, account)
        found += check_media_count(self.applied(account), self.counted(draft, options))
        for index, asset in enumerate(draft.media):
            if rule := self.file_rule(index, draft, options, account):
                check_file(found, rule, asset, f"/media/{index}")
        self.check(found, draft, options, account)
        if options is not None:
            check_alone_options(found, draft, options, self.alone)
            self.check_options(found, draft, options, account)
        return found

    def check_texts(
        self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> None:
        """Report texts that are too long or show nothing, and a link that is no web address."""
        found += [too_long(self.spec, each) for each in self.exceeding(draft, options, account)]
        if self.needs and not any(is_given(draft, name) for name in self.needs):
            wanted = [WANTED.get(name, f"a {name}") for name in self.needs]
            message = f"needs {', '.join(wanted[:-1])} or {wanted[-1]}"
            found.add("/text", "MISSING_FIELD", "not_empty", message)
        for pointer, text in self.texts(draft)[1:]:
            if is_blank(text):
                what = "the first comment" if pointer == COMMENTED else "every part"
                found.add(pointer, "MISSING_FIELD", "not_empty", f"needs a text in {what}")
        if draft.link and not is_web_address(draft.link):
            found.add("/link", "INVALID_LINK", "link", "takes links that start with http(s)://")

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report what else the network refuses."""

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report what is wrong with options that can be read."""

    def applied(self, account: ConnectedAccount | None) -> ChannelSpec:
        """The spec as it holds for an account."""
        return self.spec

    def counted(self, draft: Draft, options: Options | None) -> Sequence[MediaAsset]:
        """The media that count against the spec's numbers, by default all."""
        return draft.media

    def file_rule(
        self, index: int, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> FileRule | None:
        """What is asked of a medium; None where its kind is refused, or a check of the network's own judges."""
        return self.rule_of_kind(draft.media[index].kind)

    def rule_of_kind(self, kind: MediaKind) -> FileRule | None:
        """The spec's rule of a kind, with `bounds`."""
        rule = next((one for one in self.spec.media_rules if one.kind is kind), None)
        return FileRule(rule, self.bounds.get(kind, ())) if rule else None

    def media_rules(
        self, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> tuple[MediaRule | None, ...]:
        """The rule of each medium; None where there is none."""
        found = [self.file_rule(index, draft, options, account) for index in range(len(draft.media))]
        return tuple(rule.media if rule else None for rule in found)

    def option_problem(self, found: Problem) -> Problem:
        """A problem of the options' model, or a clearer one in its place."""
        return found

    def texts(self, draft: Draft) -> list[tuple[str, str]]:
        """The texts that the network shows, with their pointers: the post's, those of its parts, the first comment."""
        found = texts_of(draft) if self.spec.max_parts > 1 else [("/text", draft.text)]
        return [*found, (COMMENTED, draft.first_comment)] if draft.first_comment and self.spec.first_comment else found

    def price(self, draft: Draft) -> int:
        """What the network charges for a draft, by its price list, in millionths of a US dollar: for each text that it
        shows a post, and each alt text."""
        prices = self.spec.prices
        if prices is None:
            return 0
        posts = [prices.post_with_link if is_charged_as_link(text) else prices.post for _, text in self.texts(draft)]
        alt_texts = sum(1 for asset in draft.media if asset.alt)
        return round((sum(posts) + alt_texts * prices.alt_text) * 1_000_000)

    def limits(self, pointer: str, draft: Draft, account: ConnectedAccount | None) -> Sequence[TextLimit]:
        """The limits of the text at a pointer."""
        return self.comment_limits or self.spec.text_limits if pointer == COMMENTED else self.spec.text_limits

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each text, by each limit that `validate` applies to it."""
        shown = self.texts(draft)
        return [each for at, text in shown for each in lengths(self.limits(at, draft, account), text, at)]

    def exceeding(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[TextLength]:
        """The lengths above their limit."""
        return [each for each in self.lengths(draft, account) if each.actual > each.maximum]

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """How long before the slot `prepare` should begin; zero when there is nothing to prepare."""
        if self.leads is None:
            return self.spec.lead
        if any(map(self.moves, draft.media)):
            return self.leads.video
        return self.leads.media if draft.media else self.leads.text

    def moves(self, asset: MediaAsset) -> bool:
        """Whether a medium is processed as a video."""
        return asset.kind is MediaKind.VIDEO

    def resend(self, draft: Draft, options: Options | None, step: str) -> Resend:
        """Whether this step may be sent again once its visible call is proven to have had no effect."""
        return self.spec.resend


def is_given(draft: Draft, name: str) -> bool:
    """Whether a draft has a text that shows something, a link, media, or an option of this name."""
    if name == "text":
        return not is_blank(draft.text)
    return bool({"link": draft.link, "media": draft.media}.get(name) or draft.options.get(name))


def check_alone_options(found: Problems, draft: Draft, options: BaseModel, rules: Sequence[Alone]) -> None:
    """Report options beside what they exclude."""
    given: dict[str, Any] = {"media": draft.media, "link": draft.link}
    given |= {field.alias or name: getattr(options, name) for name, field in type(options).model_fields.items()}
    for one in rules:
        other = given[one.without]
        if given[one.option] and other:
            count = len(other) if one.without == "media" else 1
            found.add(f"/options/{one.option}", "OPTION_NOT_FOR_KIND", one.rule, one.message, 0, count)


def check_option_kinds(
    found: Problems, options: BaseModel, kind: StrEnum | str, takers: Mapping[str, Collection[str]]
) -> None:
    """Report options that only other kinds of post take."""
    for name, kinds in takers.items():
        if name in options.model_fields_set and kind not in kinds:
            pointer = f"/options/{type(options).model_fields[name].alias}"
            message = f"has no such option for the kind {kind}"
            found.add(pointer, "OPTION_NOT_FOR_KIND", "option_kind", message, ", ".join(sorted(kinds)), kind)


def check_poll(
    found: Problems,
    rule: PollRule,
    options: Sequence[str],
    seconds: int | None = None,
    at: str = "/options/poll/options",
) -> None:
    """Report options of a poll that are too many, too long, blank, or alike but for spaces, and its duration."""
    code = "INVALID_OPTION"
    if rule.options is not None:
        found.at_most(rule.options, len(options), at, code, "poll_options", "takes fewer options of a poll")
    shown = [collapsed(option) for option in options]
    for index, option in enumerate(options):
        if rule.characters is not None:
            length, message = measure(option, rule.unit), "takes a shorter option of a poll"
            found.at_most(rule.characters, length, f"{at}/{index}", code, "poll_characters", message)
        if is_blank(option):
            found.add(f"{at}/{index}", code, "poll_blank", "needs a text in every option of a poll", 1, 0)
        elif shown[index] in shown[:index]:
            message = "takes different options of a poll, and spaces make no difference"
            found.add(f"{at}/{index}", code, "poll_distinct", message, 1, shown[: index + 1].count(shown[index]))
    if rule.seconds is not None and seconds is not None and not rule.seconds[0] <= seconds <= rule.seconds[1]:
        least, most = rule.seconds
        message = f"takes polls of {least} to {most} seconds; this has {seconds}"
        found.add("/options/poll/expiresIn", code, "poll_seconds", message, f"{least}-{most}", seconds)
