"""The warnings about a post, as its page shows them: one note where several networks get the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from munadi.domain.publication import PublicationStatus
from munadi.intake.warnings import WarningCode

Json = Mapping[str, Any]
# Published so many milliseconds after its time is on time, as the page calls it (`labels.lateness`).
_LATE = 1_000


@dataclass
class Note:
    """A warning in the words of its first network. `others`: titles of networks that get the same."""

    code: str
    message: str
    content_id: str | None
    others: list[str] = field(default_factory=list)


def merged_notes(post: Json, titles: Mapping[str, str]) -> list[Note]:
    """The warnings of a post, in their order. That one may be late is left out once it was published on time."""
    found: dict[tuple[str, str], Note] = {}
    for warning in post["warnings"]:
        if warning["code"] == WarningCode.PREPARATION_MAY_BE_LATE and _was_on_time(post, warning["channel"]):
            continue
        title = titles.get(warning["channel"], "")
        said = warning["message"].replace(title, "\0") if title else warning["message"]
        key = (warning["code"], said)
        if key not in found:
            found[key] = Note(warning["code"], warning["message"], warning["contentId"], [title])
        elif title not in found[key].others:
            found[key].others.append(title)
    for note in found.values():
        del note.others[0]  # the one that its message names
    return list(found.values())


def _was_on_time(post: Json, channel: str) -> bool:
    there = [each for each in post["publications"] if each["channel"] == channel]
    published = [each for each in there if each["status"] == PublicationStatus.PUBLISHED]
    return len(published) == len(there) > 0 and all((each["latenessMs"] or 0) < _LATE for each in published)
