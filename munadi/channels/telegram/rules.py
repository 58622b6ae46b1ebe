"""What Telegram takes and how a post is planned, before anything is sent. Pure. Without an account, it is a channel."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.channel import Rules
from munadi.channels.options import parse_options
from munadi.channels.posting import texts
from munadi.channels.telegram.accounts import KIND, chat_fact, lacking
from munadi.channels.telegram.spec import (
    ANIMATION,
    CAPTION,
    DOCUMENTS,
    GIF,
    IMAGE,
    LEAD,
    MAX_BYTES,
    MAX_SIDES,
    QUESTION,
    TEXT,
    VIDEO,
    VIDEO_LEAD,
    Options,
    Settings,
)
from munadi.channels.telegram.wire import kind_of
from munadi.channels.text import (
    Problems,
    check_extras,
    check_media_count,
    check_media_file,
    is_blank,
    is_web_address,
    lengths,
    measure,
    too_long,
)
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind, MediaRule, TextLength, TextLimit, TextUnit
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.domain.problem import Problem


class TelegramRules(Rules[Options]):
    """The steps are the later parts, each an answer to the part before."""

    def __init__(self, spec: ChannelSpec, settings: Settings) -> None:
        super().__init__(spec)
        self._settings = settings

    def validate(self, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> list[Problem]:
        """All violations, with pointers relative to the draft."""
        found, options = Problems(self.spec), options or Options()
        found += check_extras(self.spec, draft)
        found += [too_long(self.spec, each) for each in self.lengths(draft, account) if each.actual > each.maximum]
        _texts(found, draft)
        _entities(found, draft, options)
        _poll(found, draft, options, account)
        _media(found, draft, options, stored=bool(self._storage(options)))
        _rights(found, draft, options, account)
        return found

    def lengths(self, draft: Draft, account: ConnectedAccount | None = None) -> list[TextLength]:
        """The length of each part; beside media the text is a caption, and with a poll its question."""
        first = self._limits_of_text(draft)
        return [
            length
            for index, (pointer, text) in enumerate(texts(draft))
            for length in lengths((TEXT,) if index else first, text, pointer)
        ]

    def _limits_of_text(self, draft: Draft) -> tuple[TextLimit, ...]:
        """A poll that cannot be read may be corrected or left out, so both limits apply until then."""
        without_poll, poll = CAPTION if draft.media else TEXT, draft.options.get("poll")
        if poll is None:
            return (without_poll,)
        readable, _ = parse_options(self.spec, Options, {"poll": poll})
        return (QUESTION, without_poll) if readable is None else (QUESTION,)

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload ahead, to rehearse, or to find the chat's last id."""
        stored = self._storage(options or Options())
        if stored and any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return VIDEO_LEAD
        return LEAD if draft.media or stored or self._settings.probe else timedelta(0)

    def _storage(self, options: Options) -> str | None:
        return options.storage_chat or self._settings.storage_chat


def rule_of(asset: MediaAsset, options: Options) -> MediaRule:
    """The rule of a file, by the kind as which it is sent."""
    if options.as_documents or asset.kind is MediaKind.DOCUMENT:
        return DOCUMENTS[asset.kind]
    if asset.kind is MediaKind.VIDEO:
        return VIDEO
    return ANIMATION if asset.mime_type == GIF else IMAGE


def _texts(found: Problems, draft: Draft) -> None:
    if is_blank(draft.text) and not draft.media:
        found.add("/text", "MISSING_FIELD", "not_empty", "needs a text or media")
    if draft.link and not is_web_address(draft.link):
        found.add("/link", "INVALID_LINK", "link", "takes links that start with http(s)://")
    for index, part in enumerate(draft.parts):
        if is_blank(part):
            found.add(f"/parts/{index}", "MISSING_FIELD", "not_empty", "needs a text in every part")


def _entities(found: Problems, draft: Draft, options: Options) -> None:
    end = measure(draft.text, TextUnit.UTF16_UNITS)
    for index, one in enumerate(options.entities):
        if one.offset + one.length > end:
            message = "takes entities within the text"
            found.exceed(
                f"/options/entities/{index}", "INVALID_OPTION", "entity_bounds", message, end, one.offset + one.length
            )


def _poll(found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
    poll, pointer = options.poll, "/options/poll"
    if poll is None:
        return
    if draft.media:
        message = "takes a poll without media"
        found.add(pointer, "OPTION_NOT_FOR_KIND", "poll_media", message, 0, len(draft.media))
    if options.entities:
        message = "takes a poll's question without entities"
        found.add("/options/entities", "OPTION_NOT_FOR_KIND", "poll_entities", message, 0, len(options.entities))
    if not poll.anonymous and chat_fact(account, KIND) in (None, "channel"):
        message = "takes only anonymous polls in channels"
        found.add(f"{pointer}/anonymous", "OPTION_NOT_FOR_KIND", "poll_anonymous", message, "true", "false")


def _media(found: Problems, draft: Draft, options: Options, *, stored: bool) -> None:
    found += check_media_count(found.spec, draft.media)
    kinds = [kind_of(asset, options) for asset in draft.media]
    if "animation" in kinds and len(kinds) > 1:
        found.exceed("/media", "MEDIA_TOO_MANY", "animation", "takes one GIF, without other media", 1, len(kinds))
    if "document" in kinds and set(kinds) != {"document"}:
        message = "takes documents only among themselves: send the other files as documents too (option asDocuments)"
        found.add("/media", "MEDIA_MIXED", "documents_mixed", message, 1, len(set(kinds)))
    for index, asset in enumerate(draft.media):
        pointer, sides = f"/media/{index}", asset.width + asset.height
        found += check_media_file(found.spec, rule_of(asset, options), asset, pointer)
        if kinds[index] == "photo" and sides > MAX_SIDES:
            message = "takes photos of fewer pixels, width and height together"
            found.exceed(pointer, "MEDIA_PIXELS", "photo_sides", message, MAX_SIDES, sides)
    if not stored and len(kinds) > 1 and draft.media_bytes > MAX_BYTES:
        message = "takes larger albums only with a chat to upload them to (option storageChat)"
        found.exceed("/media", "MEDIA_TOO_LARGE", "visible_bytes", message, MAX_BYTES, draft.media_bytes)


def _rights(found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
    """What the group does not let the bot post, each with the first thing that needs it."""
    needed = {f"{kind_of(asset, options)}s": f"/media/{index}" for index, asset in reversed([*enumerate(draft.media)])}
    if options.poll is not None:
        needed["polls"] = "/options/poll"
    elif not draft.media:
        needed["texts"] = "/text"
    if draft.parts:
        needed.setdefault("texts", "/parts/0")
    for what in lacking(account):
        if what in needed:
            message = f"lets the bot post no {what} in this group: change the group's permissions"
            found.add(needed[what], "FEATURE_NOT_ELIGIBLE", f"may_post_{what}", message, what, "none")
