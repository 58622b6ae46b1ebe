"""Which options may stand together, and with what else of a post. Pure. Source: docs/networks/threads.md, section 3.

Which attachments may be combined is undocumented beyond a text attachment with a link, so one is sent.
"""

from __future__ import annotations

from collections.abc import Sequence

from munadi.channels.meta.rules import check_scope
from munadi.channels.text import Problems, is_blank, is_web_address
from munadi.channels.threads.spec import LOCATION_SCOPE, Options, Stretch, TextAttachment
from munadi.channels.threads.wire import shown_text
from munadi.domain.account import ConnectedAccount
from munadi.domain.content import Draft


def check_options(found: Problems, draft: Draft, options: Options, account: ConnectedAccount | None) -> None:
    """All violations, with pointers relative to the draft."""
    _attachments(found, draft, options)
    if options.spoiler is not None and not draft.media:
        message = "blurs media, and this post has none"
        found.add("/options/spoiler", "OPTION_NOT_FOR_KIND", "spoiler_media", message)
    _stretches(found, "/options/textSpoilers", options.text_spoilers, shown_text(draft))
    if options.text_attachment is not None:
        _text_attachment(found, draft, options.text_attachment)
    if options.location_id:
        check_scope(found, account, LOCATION_SCOPE, "location_scope", "tags a location", ["/options/locationId"])


def _attachments(found: Problems, draft: Draft, options: Options) -> None:
    """Polls, GIFs and long texts hang on a text alone, and only one of them does."""
    given = {"poll": options.poll, "gif": options.gif, "textAttachment": options.text_attachment}
    names = [name for name, value in given.items() if value is not None]
    for name in names:
        pointer, rule = f"/options/{name}", "poll_text" if name == "poll" else "attachment_text"
        if draft.media:
            message = f"takes {name} under a text alone, without media"
            found.add(pointer, "OPTION_NOT_FOR_KIND", rule, message, 0, len(draft.media))
        elif draft.link and name != "textAttachment":
            found.add(pointer, "OPTION_NOT_FOR_KIND", rule, f"takes {name} under a text alone, without a link")
        if is_blank(draft.text):
            found.add("/text", "MISSING_FIELD", rule, f"needs a text above {name}")
    if len(names) > 1:
        message = f"takes one attachment; this has {' and '.join(names)}"
        found.add(f"/options/{names[-1]}", "INVALID_OPTION", "one_attachment", message, 1, len(names))


def _text_attachment(found: Problems, draft: Draft, given: TextAttachment) -> None:
    pointer, end = "/options/textAttachment", 0
    _stretches(found, f"{pointer}/styles", given.styles, given.text)
    for index, one in sorted(enumerate(given.styles), key=lambda indexed: indexed[1].offset):
        if one.offset < end:
            message = f"takes styles that do not overlap: the one before ends at {end}, this begins at {one.offset}"
            found.add(f"{pointer}/styles/{index}", "INVALID_OPTION", "styles_overlap", message, end, one.offset)
        end = max(end, one.offset + one.length)
    if given.link and not is_web_address(given.link):
        found.add(f"{pointer}/link", "INVALID_LINK", "link", "takes links that start with http(s)://")
    if given.link and draft.link:
        message = "takes one attached link, of the post or of its text attachment"
        found.add(f"{pointer}/link", "INVALID_OPTION", "one_link", message, 1, 2)


def _stretches(found: Problems, pointer: str, stretches: Sequence[Stretch], text: str) -> None:
    """Within the text in whatever unit Threads counts, of which a UTF-8 byte is the smallest."""
    longest = len(text.encode("utf-8"))
    for index, one in enumerate(stretches):
        end = one.offset + one.length
        if end > longest:
            message = f"takes stretches within the text: this one ends at {end} of {longest} bytes"
            found.add(f"{pointer}/{index}", "INVALID_OPTION", "text_range", message, longest, end)
