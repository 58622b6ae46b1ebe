"""What Telegram takes and how a post is planned, before anything is sent. Pure. Without an account, it is a channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from munadi.channels.files import FileRule, check_alone
from munadi.channels.options import parse_options
from munadi.channels.rules import POLL_WITHOUT_MEDIA, Alone, PollRule, Rules, check_poll
from munadi.channels.telegram.accounts import KIND, chat_fact, lacking
from munadi.channels.telegram.spec import (
    ANIMATION,
    CAPTION,
    DOCUMENTS,
    GIF,
    IMAGE,
    LEAD,
    MAX_BYTES,
    PHOTO_BOUNDS,
    QUESTION,
    TEXT,
    VIDEO,
    VIDEO_LEAD,
    Options,
    Settings,
)
from munadi.channels.telegram.wire import kind_of
from munadi.channels.text import Problems, measure
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec, MediaKind, MediaRule, TextLimit, TextUnit
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset


class TelegramRules(Rules[Options]):
    """The steps are the later parts, each an answer to the part before."""

    needs = ("text", "media")
    alone = (
        POLL_WITHOUT_MEDIA,
        Alone("entities", "poll", "poll_entities", "takes a poll's question without entities"),
    )

    def __init__(self, spec: ChannelSpec, settings: Settings) -> None:
        super().__init__(spec)
        self._settings = settings

    def limits(self, pointer: str, draft: Draft, account: ConnectedAccount | None) -> Sequence[TextLimit]:
        """Beside media the text is a caption, and with a poll its question. A poll that cannot be read may be corrected
        or left out, so both limits apply until then."""
        without_poll, poll = CAPTION if draft.media else TEXT, draft.options.get("poll")
        if pointer != "/text":
            return (TEXT,)
        if poll is None:
            return (without_poll,)
        readable, _ = parse_options(self.spec, Options, {"poll": poll})
        return (QUESTION, without_poll) if readable is None else (QUESTION,)

    def file_rule(
        self, index: int, draft: Draft, options: Options | None, account: ConnectedAccount | None
    ) -> FileRule | None:
        """By the kind as which the file is sent."""
        asset, given = draft.media[index], options or Options()
        is_photo = kind_of(asset, given) == "photo"
        return FileRule(rule_of(asset, given), PHOTO_BOUNDS if is_photo else ())

    def check(self, found: Problems, draft: Draft, options: Options | None, account: ConnectedAccount | None) -> None:
        """Report media that cannot be one album, and what the group does not let the bot post."""
        options = options or Options()
        kinds = [kind_of(asset, options) for asset in draft.media]
        check_alone(found, len(kinds), "animation" in kinds, "animation", "one GIF")
        if "document" in kinds and set(kinds) != {"document"}:
            message = "takes documents only among themselves: send the others as documents too (option asDocuments)"
            found.add("/media", "MEDIA_MIXED", "documents_mixed", message, 1, len(set(kinds)))
        if len(kinds) > 1 and not self._storage(options):
            message, code = (
                "takes larger albums only with a chat to upload them to (option storageChat)",
                "MEDIA_TOO_LARGE",
            )
            found.at_most(MAX_BYTES, draft.media_bytes, "/media", code, "visible_bytes", message)
        _rights(found, draft, options, account)

    def check_options(self, found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
        """Report entities outside the text or that cut a character, and what is wrong with a poll."""
        inside = inside_pairs(draft.text) if options.entities else frozenset()
        end, message = measure(draft.text, TextUnit.UTF16_UNITS), "takes entities within the text"
        for index, one in enumerate(options.entities):
            pointer = f"/options/entities/{index}"
            found.at_most(end, one.offset + one.length, pointer, "INVALID_OPTION", "entity_bounds", message)
            for edge in (one.offset, one.offset + one.length):
                if edge in inside:
                    message = "takes entities of whole characters: one of two UTF-16 units cannot be cut"
                    found.add(pointer, "INVALID_OPTION", "entity_cuts", message, edge + 1, edge)
        if options.poll is None:
            return
        check_poll(found, PollRule(), options.poll.options)
        if not options.poll.anonymous and chat_fact(account, KIND) in (None, "channel"):
            pointer, message = "/options/poll/anonymous", "takes only anonymous polls in channels"
            found.add(pointer, "OPTION_NOT_FOR_KIND", "poll_anonymous", message, "true", "false")

    def lead(self, draft: Draft, options: Options | None) -> timedelta:
        """Time to upload ahead, to rehearse, or to find the chat's last id."""
        stored = self._storage(options or Options())
        if stored and any(asset.kind is MediaKind.VIDEO for asset in draft.media):
            return VIDEO_LEAD
        return LEAD if draft.media or stored or self._settings.probe else timedelta(0)

    def _storage(self, options: Options) -> str | None:
        return options.storage_chat or self._settings.storage_chat


def inside_pairs(text: str) -> frozenset[int]:
    """The offsets in UTF-16 units between the two halves of a character, where Telegram lets no entity begin or end."""
    units, found = 0, set()
    for character in text:
        units += 1
        if character > "\uffff":
            found.add(units)
            units += 1
    return frozenset(found)


def rule_of(asset: MediaAsset, options: Options) -> MediaRule:
    """The rule of a file, by the kind as which it is sent."""
    if options.as_documents or asset.kind is MediaKind.DOCUMENT:
        return DOCUMENTS[asset.kind]
    if asset.kind is MediaKind.VIDEO:
        return VIDEO
    return ANIMATION if asset.mime_type == GIF else IMAGE


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
