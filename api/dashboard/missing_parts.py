"""Live posts that lack a part: their first comment, the rest of a thread, a thumbnail. Grouped by what was refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from api.dashboard.causes import Cause
from api.languages.catalogue import N_, gettext
from munadi.db.contents.attention import Incomplete
from munadi.domain.failure import FailureClass, Reason
from munadi.domain.publication import CHAIN_INCOMPLETE, FIRST_COMMENT_FAILED, LACKS_A_PART, THUMBNAIL_FAILED
from munadi.domain.reasons import REASONS

Json = Mapping[str, Any]


class Part(NamedTuple):
    """What is missing, how a person adds it, and the same where it may be there after all. Each is a message."""

    missing: str
    add: str
    check: str


PARTS: dict[str, Part] = {
    FIRST_COMMENT_FAILED: Part(
        N_("the post is live, and its first comment is missing"),
        N_("Open the post at the network and write the comment below the post there."),
        N_("It may be there after all: check first. If it is not, write the comment below the post there."),
    ),
    CHAIN_INCOMPLETE: Part(
        N_("the post is live, and the end of its thread is missing"),
        N_("Open the post at the network and write the rest as replies there."),
        N_("It may be there after all: check first. If it is not, write the rest as replies there."),
    ),
    THUMBNAIL_FAILED: Part(
        N_("the video is live without its thumbnail"),
        N_("Open the post at the network and set the thumbnail there."),
        N_("It may be there after all: check first. If it is not, set the thumbnail there."),
    ),
}
# The beginning of a refusal's message, for programs: `MISSING_SCOPE (10): `.
_CODE = re.compile(r"^[A-Z_]+( \([^)]*\))?: ")
_GIVES_ACCESS = (FailureClass.TOKEN, FailureClass.PERMISSION)


def missing_parts(found: Sequence[Incomplete], posts: Iterable[Json]) -> list[Cause]:
    """The causes, in the order of what was lost last. Posts that the key may not see are left out."""
    by_id = {post["id"]: post for post in posts}
    causes: dict[tuple[str, str, str | None], Cause] = {}
    for each in found:
        post = by_id.get(each.content_id, {"publications": ()})
        for publication in post["publications"]:
            warning = _lost(publication) if publication["id"] == each.publication_id else None
            if warning is not None:
                key = (publication["accountId"], warning["code"], each.because)
                cause = causes.setdefault(key, _cause(publication, warning["code"], each.because))
                _add(cause, post, publication, warning)
    return list(causes.values())


def remedy_of(code: str, because: str | None) -> str:
    """What to do, in the reader's language: the part itself is added at the network, and the cause is fixed for the
    posts to come."""
    if because == Reason.OUTCOME_UNKNOWN:
        return gettext(PARTS[code].check)
    add = gettext(PARTS[code].add)
    if because is not None and REASONS[Reason(because)].class_ in _GIVES_ACCESS:
        again = gettext(
            "Reconnect the account and allow everything that is asked for, so that the next post is complete."
        )
        return f"{add} {again}"
    return add


def _lost(publication: Json) -> Json | None:
    """The newest warning about a part."""
    return next((each for each in reversed(publication["warnings"]) if each["code"] in LACKS_A_PART), None)


def _cause(publication: Json, code: str, because: str | None) -> Cause:
    failure = {
        "message": PARTS[code].missing,
        "remedy": remedy_of(code, because),
        "reason": code,
        "because": because,
        "class": REASONS[Reason(because)].class_ if because else FailureClass.UNKNOWN,
    }
    cause = Cause(publication["channel"], publication["accountId"], code, failure, None, lacks=True)
    cause.url = publication["providerUrl"]
    return cause


def _add(cause: Cause, post: Json, publication: Json, warning: Json) -> None:
    if post not in cause.posts:
        cause.posts.append(post)
    cause.failed_ids.append(publication["id"])
    said = _CODE.sub("", warning["message"].partition(": ")[2])
    if said and said not in cause.words:
        cause.words.append(said)
