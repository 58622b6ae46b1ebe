"""Every rule a draft can break before anything is sent. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from munadi.channels.bluesky.spec import Options
from munadi.channels.bluesky.wire import shown_text
from munadi.channels.text import (
    check_extras,
    check_media_count,
    check_media_files,
    check_text,
    parse_options,
    problem,
)
from munadi.domain.channel import ChannelSpec, MediaKind
from munadi.domain.content import Draft
from munadi.domain.problem import Problem


def validate(spec: ChannelSpec, draft: Draft) -> list[Problem]:
    """All violations, with pointers relative to the draft."""
    _, problems = parse_options(spec, Options, draft.options)
    problems += check_extras(spec, draft)
    problems += check_text(spec, shown_text(draft))
    problems += _media(spec, draft)
    if draft.link and not _is_web_address(draft.link):
        problems.append(problem(spec, "/link", "INVALID_LINK", "link", "takes links that start with http(s)://"))
    if not (draft.text.strip() or draft.link or draft.media):
        problems.append(problem(spec, "/text", "MISSING_FIELD", "not_empty", "needs a text, a link or an image"))
    return problems


def _media(spec: ChannelSpec, draft: Draft) -> list[Problem]:
    videos = [index for index, asset in enumerate(draft.media) if asset.kind is MediaKind.VIDEO]
    if videos:
        message = "video is not supported yet: publish images, a link or text"
        return [problem(spec, f"/media/{index}", "VIDEO_UNSUPPORTED", "media_kind", message) for index in videos]
    return check_media_count(spec, draft.media) + check_media_files(spec, draft.media)


def _is_web_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
