"""What became of a pin whose answer was lost, read in the list of its board.

A pin has no key of ours: title, description and link make a likeness, never a proof. A pin that agrees only in a part
may be ours with a text that Pinterest changed, so it makes the outcome unknown. Source: docs/networks/pinterest.md, 7.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from munadi.channels.channel import only_one
from munadi.channels.pinterest.api import MAX_PAGES, PAGE, Api
from munadi.channels.pinterest.spec import Options
from munadi.channels.pinterest.state import Prepared
from munadi.channels.pinterest.wire import Row, kind_of
from munadi.channels.text import collapsed
from munadi.domain.publication import Absent, Published, Unknown
from munadi.ports import Publication

# How far Pinterest's clock may be behind ours.
SKEW = timedelta(minutes=2)


async def find_pin(
    api: Api, site: str, publication: Publication[Options, Prepared], since: datetime
) -> Published | Absent | Unknown:
    """The pin that was made at `since` or later. Raises ChannelError."""
    options, begin = publication.options, since - SKEW
    rows = await api.pins(publication.token, options.board_id or "", options.board_section_id, begin)
    if rows is None:
        return Unknown(note=f"the board has more than {PAGE * MAX_PAGES} pins that may be newer")
    kind, sent = kind_of(publication.draft), _words(options.title, publication.draft.text, publication.draft.link)
    new = [row for row in rows if row.created_at >= begin and row.media_type in (kind, "")]
    shown = [(row, _words(row.title, row.description, row.link)) for row in new]
    has_text = any(sent[:2])
    alike = [row for row, words in shown if any(sent) and words[: 2 if has_text else 3] == sent[: 2 if has_text else 3]]
    if alike:
        return only_one([_live(site, row).alike() for row in alike], "pins look like this one")
    # A link may be shown in another form, so a pin that has nothing else may be any of the new ones.
    near = [row for row, words in shown if not has_text or any(a and a == b for a, b in zip(words, sent, strict=True))]
    return Unknown(note=f"{len(near)} new pins may be this one") if near else Absent()


def address_of(site: str, pin_id: str) -> str:
    """Where people see a pin."""
    return f"{site.rstrip('/')}/pin/{pin_id}/"


def _live(site: str, row: Row) -> Published:
    return Published(post_id=row.id, url=address_of(site, row.id), published_at=row.created_at)


def _words(*texts: str | None) -> tuple[str, ...]:
    return tuple(collapsed(text or "") for text in texts)
