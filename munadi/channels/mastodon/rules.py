"""What the account's server takes and how a post is planned, before anything is sent. Pure.

Without an account, and for what a server does not say, Mastodon's defaults count.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import regex

from munadi.channels.channel import Rules
from munadi.channels.mastodon.instance import QUOTES, Instance
from munadi.channels.mastodon.spec import IMAGE, LEAD, MAX_VIDEOS, TEXT, VIDEO, VIDEO_LEAD, Options
from munadi.channels.posting import texts
from munadi.channels.text import (
    Problems,
    check_extras,
    check_media_count,
    check_media_files,
    is_blank,
    length_within,
    measure,
    too_long,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import MediaKind, MediaRule, TextLength, TextUnit
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem

# An address with its scheme; `_has_domain` says whether the server takes it for one.
_URL = regex.compile(r"https?://[^\s<>\"]++", regex.I)
_ENDS_SENTENCE = ".,;:!?)]}'"
_MENTION = regex.compile(r"(?<![\w/])(@\w[\w.-]*+)@[\w.-]+", regex.ASCII)


class MastodonRules(Rules[Options]):
    """The server's limits. The steps are the later parts of the thread, then the first comment, all of them replies."""

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        found, instance = Problems(self.spec), Instance.of(account)
        found += check_extras(self.spec, draft)
        found += [too_long(self.spec, each) for each in _lengths(draft, instance) if each.actual > each.maximum]
        _media(found, draft, instance)
        _empty(found, draft)
        if options is not None:
            _poll(found, draft, options, instance)
            _quote(found, options, instance)
            _focus(found, draft, options)
        return found

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each post of the thread, a content warning included."""
        return _lengths(draft, Instance.of(account))

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload, and for a video to be processed; none for a text."""
        if any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return VIDEO_LEAD
        return LEAD if draft.media else timedelta(0)


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


def _lengths(draft: Draft, instance: Instance) -> list[TextLength]:
    warning, most, count = draft.options.get("contentWarning"), instance.characters, partial(counted, instance=instance)
    more = length_within(most, warning, partial(measure, unit=TextUnit.GRAPHEMES)) if isinstance(warning, str) else 0
    known = {**TEXT.model_dump(by_alias=False), "maximum": most}
    return [
        TextLength(**known, pointer=pointer, actual=length_within(most, text, count) + more)
        for pointer, text in texts(draft)
    ]


def _empty(found: Problems, draft: Draft) -> None:
    if is_blank(draft.text) and not draft.media:
        found.add("/text", "MISSING_FIELD", "not_empty", "needs a text or media")
    for pointer, text in texts(draft)[1:]:
        if is_blank(text):
            found.add(pointer, "MISSING_FIELD", "not_empty", "needs a text in every part")


def _media(found: Problems, draft: Draft, instance: Instance) -> None:
    spec = found.spec.model_copy(update={"max_media": instance.max_media})
    image = _rule(IMAGE, instance, instance.image_bytes)
    found += check_media_count(spec, draft.media)
    found += check_media_files(spec, draft.media, (image, _rule(VIDEO, instance, instance.video_bytes)))
    videos = sum(1 for asset in draft.media if asset.kind is MediaKind.VIDEO)
    if videos > MAX_VIDEOS:
        message = f"takes {MAX_VIDEOS} video in a post"
        found.add("/media", "MEDIA_TOO_MANY", "videos_max", message, MAX_VIDEOS, videos)
    for index, asset in enumerate(draft.media):
        _measures(found, asset, f"/media/{index}", instance)


def _rule(rule: MediaRule, instance: Instance, most: int) -> MediaRule:
    """The rule of a kind as the server has it."""
    types = tuple(one for one in rule.mime_types if one in instance.mime_types) or rule.mime_types
    source = rule.max_source_bytes and max(rule.max_source_bytes, most)
    changes = {"mime_types": types, "max_bytes": most, "max_source_bytes": source}
    return rule.model_copy(update={**changes, "max_alt_length": instance.alt_characters})


def _measures(found: Problems, asset: MediaAsset, pointer: str, instance: Instance) -> None:
    is_video = asset.kind is MediaKind.VIDEO
    pixels, most = asset.width * asset.height, instance.video_pixels if is_video else instance.image_pixels
    if pixels > most:
        found.exceed(pointer, "MEDIA_PIXELS", "media_pixels", "takes fewer pixels", most, pixels)
    # Measured rates are a little off the nominal one.
    if is_video and asset.fps is not None and asset.fps > instance.frame_rate + 0.05:
        message = "takes fewer frames per second"
        found.exceed(pointer, "MEDIA_FPS", "fps", message, instance.frame_rate, asset.fps)


def _poll(found: Problems, draft: Draft, options: Options, instance: Instance) -> None:
    poll, pointer = options.poll, "/options/poll"
    if poll is None:
        return
    if not instance.has_polls:
        found.add(pointer, "FEATURE_NOT_ELIGIBLE", "polls", "takes no polls at this account's server")
    if draft.media:
        message = "takes a poll without media"
        found.add(pointer, "OPTION_NOT_FOR_KIND", "poll_media", message, 0, len(draft.media))
    if len(poll.options) > instance.poll_options:
        message, most = "takes fewer options of a poll", instance.poll_options
        found.exceed(f"{pointer}/options", "INVALID_OPTION", "poll_options", message, most, len(poll.options))
    for index, option in enumerate(poll.options):
        length, at = measure(option, TextUnit.GRAPHEMES), f"{pointer}/options/{index}"
        if length > instance.poll_characters:
            message = "takes a shorter option of a poll"
            found.exceed(at, "INVALID_OPTION", "poll_characters", message, instance.poll_characters, length)
        if option in poll.options[:index]:
            found.add(at, "INVALID_OPTION", "poll_distinct", "takes different options of a poll")
    shortest, longest = instance.poll_shortest, instance.poll_longest
    if not shortest <= poll.expires_in <= longest:
        message = f"takes polls of {shortest} to {longest} seconds; this has {poll.expires_in}"
        limit = f"{shortest}-{longest}"
        found.add(f"{pointer}/expiresIn", "INVALID_OPTION", "poll_seconds", message, limit, poll.expires_in)


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
        if one.media >= len(draft.media):
            message = f"takes the focus of one of the {len(draft.media)} media"
            found.add(pointer, "INVALID_OPTION", "focus_media", message, len(draft.media) - 1, one.media)
        elif one.media in [other.media for other in options.focus[:index]]:
            found.add(pointer, "INVALID_OPTION", "focus_once", "takes one focus of each medium", 1, 2)
