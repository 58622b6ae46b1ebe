"""Shapes on the wire: the body of a post, and posts read leniently. Source: docs/networks/mastodon.md, section 3."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from munadi.channels.answers import instant, text_in
from munadi.channels.http import given, given_id
from munadi.channels.mastodon.instance import Instance
from munadi.channels.mastodon.spec import Options
from munadi.channels.text import collapsed
from munadi.domain.publication import Published, Warning_


def post_body(text: str, options: Options, media_ids: Sequence[str]) -> dict[str, Any]:
    """The post itself. The visibility is always sent: without it the owner's own default counts."""
    poll = options.poll
    more = {
        "media_ids": list(media_ids) or None,
        "poll": poll and poll.model_dump(by_alias=False, mode="json"),
        "quoted_status_id": options.quote_post_id,
        "quote_approval_policy": options.quote_policy,
    }
    return {**_common(text, options), **given(more)}


def reply_body(text: str, options: Options, parent: str) -> dict[str, Any]:
    """A later part or the first comment: an answer to a live post."""
    return {**_common(text, options), "in_reply_to_id": parent}


def _common(text: str, options: Options) -> dict[str, Any]:
    return given(
        {
            "status": text,
            "visibility": options.visibility,
            "spoiler_text": options.content_warning,
            "sensitive": options.sensitive,
            "language": options.language,
        }
    )


def key_of(publication_id: str, step: str, body: dict[str, Any]) -> str:
    """The idempotency key of one step. A server does not compare bodies, so another body needs another key."""
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return f"{publication_id}-{step}-{digest[:32]}"


def published(status: dict[str, Any], options: Options | None = None) -> Published:
    """A live post, with a warning where the server made it less visible than `options` ask."""
    url = text_in(status, "url") or text_in(status, "uri")
    found = Published(post_id=given_id(status.get("id")), url=url, published_at=instant(status.get("created_at")))
    shown = text_in(status, "visibility")
    if options is None or shown in (None, options.visibility):
        return found
    message = f"the server published it as {shown}, not as {options.visibility}"
    warning = Warning_(code="VISIBILITY_CHANGED", message=message, channel="mastodon", pointer="/options/visibility")
    return found.model_copy(update={"warnings": (warning,)})


def attached(status: dict[str, Any]) -> list[str]:
    """The ids of a post's media."""
    media = status.get("media_attachments")
    return [str(one.get("id")) for one in media if isinstance(one, dict)] if isinstance(media, list) else []


def same_text(shown: str, sent: str, options: Options) -> bool:
    """Whether a post's source is the text that was sent. A server puts the address of a quoted post before it."""
    shown, sent = collapsed(shown), collapsed(sent or options.content_warning or "")
    return shown == sent or (options.quote_post_id is not None and shown.endswith(sent))


def id_at(at: datetime, instance: Instance) -> str | None:
    """An id as old as `at`, to list from; None for servers whose ids we do not know."""
    return str(int(at.timestamp() * 1000) << 16) if instance.is_mastodon else None
