"""What options may stand together, and with what else of a post. Pure. Source: facts, section 3.

Which attachments may be combined is undocumented beyond a text attachment with a link, so one is sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from munadi.channels.text import problem
from munadi.channels.threads.spec import LOCATION_SCOPE, Options, Stretch, TextAttachment
from munadi.channels.threads.wire import shown_text
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import ChannelSpec
from munadi.domain.content import Draft
from munadi.domain.problem import Problem


def check_options(spec: ChannelSpec, draft: Draft, options: Options, account: ConnectedAccount | None) -> list[Problem]:
    """All violations, with pointers relative to the draft."""
    found = _attachments(spec, draft, options)
    if options.spoiler is not None and not draft.media:
        message = "blurs media, and this post has none"
        found.append(problem(spec, "/options/spoiler", "OPTION_NOT_FOR_KIND", "spoiler_media", message))
    found += _stretches(spec, "/options/textSpoilers", options.text_spoilers, shown_text(draft))
    if options.text_attachment is not None:
        found += _text_attachment(spec, draft, options.text_attachment)
    if options.location_id and account is not None and account.scopes and LOCATION_SCOPE not in account.scopes:
        message = f"tags a location only with the permission {LOCATION_SCOPE}: reconnect the account"
        found.append(problem(spec, "/options/locationId", "MISSING_SCOPE", "location_scope", message, LOCATION_SCOPE))
    return found


def is_web_address(link: str) -> bool:
    """Whether Threads can make a card of it."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _attachments(spec: ChannelSpec, draft: Draft, options: Options) -> list[Problem]:
    """Polls, GIFs and long texts hang on a text alone, and only one of them does."""
    given = {"poll": options.poll, "gif": options.gif, "textAttachment": options.text_attachment}
    names = [name for name, value in given.items() if value is not None]
    found = []
    for name in names:
        pointer, rule = f"/options/{name}", "poll_text" if name == "poll" else "attachment_text"
        if draft.media:
            message = f"takes {name} under a text alone, without media"
            found.append(problem(spec, pointer, "OPTION_NOT_FOR_KIND", rule, message, 0, len(draft.media)))
        elif draft.link and name != "textAttachment":
            message = f"takes {name} under a text alone, without a link"
            found.append(problem(spec, pointer, "OPTION_NOT_FOR_KIND", rule, message))
        if not draft.text.strip():
            message = f"needs a text above {name}"
            found.append(problem(spec, "/text", "MISSING_FIELD", rule, message))
    if len(names) > 1:
        message = f"takes one attachment; this has {' and '.join(names)}"
        pointer = f"/options/{names[-1]}"
        found.append(problem(spec, pointer, "INVALID_OPTION", "one_attachment", message, 1, len(names)))
    return found


def _text_attachment(spec: ChannelSpec, draft: Draft, given: TextAttachment) -> list[Problem]:
    pointer = "/options/textAttachment"
    found = _stretches(spec, f"{pointer}/styles", given.styles, given.text)
    end = 0
    order = sorted(range(len(given.styles)), key=lambda index: given.styles[index].offset)
    for index in order:
        one = given.styles[index]
        if one.offset < end:
            message = f"takes styles that do not overlap: the one before ends at {end}, this begins at {one.offset}"
            where = f"{pointer}/styles/{index}"
            found.append(problem(spec, where, "INVALID_OPTION", "styles_overlap", message, end, one.offset))
        end = max(end, one.offset + one.length)
    if given.link and not is_web_address(given.link):
        message = "takes links that start with http(s)://"
        found.append(problem(spec, f"{pointer}/link", "INVALID_LINK", "link", message))
    if given.link and draft.link:
        message = "takes one attached link, of the post or of its text attachment"
        found.append(problem(spec, f"{pointer}/link", "INVALID_OPTION", "one_link", message, 1, 2))
    return found


def _stretches(spec: ChannelSpec, pointer: str, stretches: Sequence[Stretch], text: str) -> list[Problem]:
    """Within the text in whatever unit Threads counts, of which a UTF-8 byte is the smallest."""
    longest = len(text.encode("utf-8"))
    return [
        problem(
            spec,
            f"{pointer}/{index}",
            "INVALID_OPTION",
            "text_range",
            f"takes stretches within the text: this one ends at {one.offset + one.length} of {longest} bytes",
            longest,
            one.offset + one.length,
        )
        for index, one in enumerate(stretches)
        if one.offset + one.length > longest
    ]
