"""Every rule a draft can break before anything is sent. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from munadi.channels.bluesky.embeds import moves, video_of
from munadi.channels.bluesky.spec import MAX_VIDEOS, Options
from munadi.channels.bluesky.thread import texts
from munadi.channels.text import (
    check_extras,
    check_media_count,
    check_media_files,
    check_text,
    lengths,
    parse_options,
    problem,
)
from munadi.domain.channel import ChannelSpec, MediaKind, TextLength
from munadi.domain.content import Draft
from munadi.domain.problem import Problem


def validate(spec: ChannelSpec, draft: Draft) -> list[Problem]:
    """All violations, with pointers relative to the draft."""
    options, problems = parse_options(spec, Options, draft.options)
    problems += check_extras(spec, draft)
    for pointer, text in texts(draft):
        problems += check_text(spec, text, pointer)
    problems += _media(spec, draft)
    if options is not None and video_of(draft) is None:
        for name in ("captions", "presentation"):
            if getattr(options, name):
                problems.append(
                    problem(spec, f"/options/{name}", "INVALID_OPTION", "video", f"takes {name} of a video")
                )
    if draft.link and not _is_web_address(draft.link):
        problems.append(problem(spec, "/link", "INVALID_LINK", "link", "takes links that start with http(s)://"))
    if not (draft.text.strip() or draft.link or draft.media or draft.options.get("quote")):
        message = "needs a text, a link, media or a quote"
        problems.append(problem(spec, "/text", "MISSING_FIELD", "not_empty", message))
    return problems + _parts(spec, draft)


def lengths_of(spec: ChannelSpec, draft: Draft) -> list[TextLength]:
    """How long each post of the thread is."""
    return [each for pointer, text in texts(draft) for each in lengths(spec.text_limits, text, pointer)]


def _parts(spec: ChannelSpec, draft: Draft) -> list[Problem]:
    return [
        problem(spec, f"/parts/{index}", "MISSING_FIELD", "not_empty", "needs a text in every part of a thread")
        for index, part in enumerate(draft.parts)
        if not part.strip()
    ]


def _media(spec: ChannelSpec, draft: Draft) -> list[Problem]:
    shown = [asset.model_copy(update={"kind": MediaKind.VIDEO}) if moves(asset) else asset for asset in draft.media]
    problems = check_media_count(spec, shown) + check_media_files(spec, shown)
    videos = sum(1 for asset in shown if asset.kind is MediaKind.VIDEO)
    if videos > MAX_VIDEOS:
        message = f"takes {MAX_VIDEOS} video in a post"
        problems.append(problem(spec, "/media", "MEDIA_TOO_MANY", "videos_max", message, MAX_VIDEOS, videos))
    return problems


def _is_web_address(link: str) -> bool:
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
