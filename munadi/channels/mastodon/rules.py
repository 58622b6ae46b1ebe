"""What the account's server takes and how a post is planned, before anything is sent. Pure.

Without an account, and for what a server does not say, Mastodon's defaults count.
"""

from __future__ import annotations

from functools import partial

import regex

from munadi.channels.files import RATE_TOLERANCE, Bound, FileRule, check_video_count, frame_rate, pixels
from munadi.channels.mastodon.instance import QUOTES, Instance
from munadi.channels.mastodon.spec import IMAGE, LEADS, MAX_VIDEOS, TEXT, VIDEO, Options
from munadi.channels.rules import POLL_WITHOUT_MEDIA, PollRule, Rules, check_poll
from munadi.channels.text import Problems, length_within, measure
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind, TextLength, TextUnit
from munadi.domain.content import Draft

# An address with its scheme; `_has_domain` says whether the server takes it for one.
_URL = regex.compile(r"https?://[^\s<>\"]++", regex.I)
_ENDS_SENTENCE = ".,;:!?)]}'"
_MENTION = regex.compile(r"(?<![\w/])(@\w[\w.-]*+)@[\w.-]+", regex.ASCII)


class MastodonRules(Rules[Options]):
    """The server's limits. The steps are the later parts of the thread, then the first comment, all of them replies."""

    needs, alone, leads = ("text", "media"), (POLL_WITHOUT_MEDIA,), LEADS

    def applied(self, account: ConnectedAccount | None) -> ChannelSpec:
        """With the number of media that the server takes."""
        return self.spec.model_copy(update={"max_media": Instance.of(account).max_media})

    def file_rule(
        self, index: int, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> FileRule | None:
        """The rule of a kind as the server has it."""
        instance, kind = Instance.of(account), draft.media[index].kind
        known = {
            MediaKind.IMAGE: (IMAGE, instance.image_bytes, instance.image_pixels),
            MediaKind.VIDEO: (VIDEO, instance.video_bytes, instance.video_pixels),
        }
        if kind not in known:
            return None
        rule, most, most_pixels = known[kind]
        types = tuple(one for one in rule.mime_types if one in instance.mime_types) or rule.mime_types
        source = rule.max_source_bytes and max(rule.max_source_bytes, most)
        encoding = rule.encoding and rule.encoding.model_copy(
            update={"max_fps": instance.frame_rate, "max_pixels": most_pixels}
        )
        changes = {"mime_types": types, "max_bytes": most, "max_source_bytes": source, "encoding": encoding}
        return FileRule(
            rule.model_copy(update={**changes, "max_alt_length": instance.alt_characters}),
            (
                Bound(pixels, "MEDIA_PIXELS", "media_pixels", "takes fewer pixels", most=most_pixels),
                Bound(
                    frame_rate,
                    "MEDIA_FPS",
                    "fps",
                    "takes fewer frames per second",
                    most=instance.frame_rate,
                    tolerance=RATE_TOLERANCE,
                ),
            ),
        )

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report more than one video."""
        check_video_count(found, sum(1 for asset in draft.media if asset.kind is MediaKind.VIDEO), MAX_VIDEOS)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report a poll and a quote that the server does not take, and a focus of no medium."""
        instance = Instance.of(account)
        if poll := options.poll:
            check_poll(found, _poll_rule(instance), poll.options, poll.expires_in)
            if not instance.has_polls:
                message = "takes no polls at this account's server"
                found.add("/options/poll", "FEATURE_NOT_ELIGIBLE", "polls", message)
        _quote(found, options, instance)
        _focus(found, draft, options)

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each post of the thread, a content warning included."""
        instance, warning = Instance.of(account), draft.options.get("contentWarning")
        most, count = instance.characters, partial(counted, instance=instance)
        graphemes = partial(measure, unit=TextUnit.GRAPHEMES)
        more = length_within(most, warning, graphemes) if isinstance(warning, str) else 0
        known = {**TEXT.model_dump(by_alias=False), "maximum": most}
        return [
            TextLength(**known, pointer=pointer, actual=length_within(most, text, count) + more)
            for pointer, text in self.texts(draft)
        ]


def counted(text: str, instance: Instance) -> int:
    """The length as servers count it: graphemes, an address as a fixed number, a mention without its domain."""
    addresses = 0

    def shorten(found: regex.Match[str]) -> str:
        nonlocal addresses
        whole: str = found[0]
        address = whole.rstrip(_ENDS_SENTENCE)
        if not _has_domain(address):
            return whole
        addresses += 1
        return f"x{whole[len(address) :]}"

    shortened: str = _MENTION.sub(r"\1", _URL.sub(shorten, text))
    return measure(shortened, TextUnit.GRAPHEMES) + addresses * (instance.url_characters - 1)


def _has_domain(address: str) -> bool:
    """Whether its host has a top-level domain; others, such as localhost, count as plain text."""
    host = address.partition("://")[2]
    for end in "/?#:":
        host = host.partition(end)[0]
    name, dot, top = host.rpartition(".")
    return bool(name and dot) and len(top) > 1 and "@" not in host


def _poll_rule(instance: Instance) -> PollRule:
    duration = (instance.poll_shortest, instance.poll_longest)
    return PollRule(instance.poll_characters, TextUnit.GRAPHEMES, instance.poll_options, duration)


def _quote(found: Problems, options: Options, instance: Instance) -> None:
    """Quotes need a server that says that it has them; before an account is known, that is not judged."""
    given = {"quotePostId": options.quote_post_id, "quotePolicy": options.quote_policy}
    for name in (name for name, value in given.items() if value is not None):
        if instance.software and instance.api < QUOTES:
            message = f"takes {name} from API version {QUOTES} on (Mastodon 4.5); this server has {instance.api}"
            found.add(f"/options/{name}", "FEATURE_NOT_ELIGIBLE", "quotes", message, QUOTES, instance.api)


def _focus(found: Problems, draft: Draft, options: Options) -> None:
    for index, one in enumerate(options.focus):
        pointer = f"/options/focus/{index}/media"
        message = f"takes the focus of one of the {len(draft.media)} media, counted from 0; this is {{actual}}"
        found.at_most(len(draft.media) - 1, one.media, pointer, "INVALID_OPTION", "focus_media", message)
        if one.media in [other.media for other in options.focus[:index]]:
            found.add(pointer, "INVALID_OPTION", "focus_once", "takes one focus of each medium", 1, 2)
