"""The guard against publishing a post twice by mistake: the same text, media and link to an account within 24 hours.

A warning, or a problem where the brand refuses duplicates. What counts as the same is in docs/decisions/025.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select
from sqlmodel import col

from munadi.db.contents.duplicates import WINDOW, Duplicate, Wanted, find_duplicates
from munadi.db.session import Database
from munadi.db.tables import BrandRow
from munadi.domain.brand import Duplicates
from munadi.domain.channel import ChannelSpec
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.publication import Warning_
from munadi.intake.drafts import PlacedDraft
from munadi.intake.warnings import WarningCode

CODE = WarningCode.DUPLICATE_OF_RECENT.value
LIMIT = f"{WINDOW.total_seconds() / 3600:.0f} hours"
_DUPLICATES = select(col(BrandRow.duplicates)).where(col(BrandRow.ref) == bindparam("brand_ref"))
# A duplicate, and where a problem or warning about it points.
Place = tuple[ChannelSpec, str, Duplicate]


async def check_duplicates(
    database: Database,
    brand_ref: str,
    placed: Sequence[PlacedDraft],
    due: datetime,
    own_id: str | None,
    problems: ProblemCollector,
) -> list[Warning_]:
    """Compare drafts that are due at `due` with stored posts; returns warnings, or adds problems if the brand refuses.

    `own_id` is the post that is edited. Outside a transaction, so a post that is stored meanwhile is not seen.
    """
    sure = [each for each in placed if each.target.row is not None and not each.media_missing]

    def find(connection: Connection) -> tuple[Mapping[str, Duplicate], Duplicates]:
        found = find_duplicates(connection, _wanted(sure), due, own_id)
        return found, duplicates_of(connection, brand_ref) if found else Duplicates.WARN

    found, duplicates = await database.lookup(find)
    if duplicates is Duplicates.REFUSE:
        problems.extend(problem_of(*place) for place in _places(sure, found))
        return []
    return [warning_of(*place) for place in _places(sure, found)]


def require_no_duplicates(
    connection: Connection, placed: Sequence[PlacedDraft], due: datetime, own_id: str | None = None
) -> None:
    """ProblemsFound if any draft is a duplicate. Exact in a transaction that holds the brand's lock."""
    found = find_duplicates(connection, _wanted(placed), due, own_id)
    if found:
        raise ProblemsFound([problem_of(*place) for place in _places(placed, found)])


def duplicates_of(connection: Connection, brand_ref: str) -> Duplicates:
    """What the brand wants to happen to duplicates."""
    return Duplicates(connection.execute(_DUPLICATES, {"brand_ref": brand_ref}).scalar() or Duplicates.WARN)


def _wanted(placed: Sequence[PlacedDraft]) -> list[Wanted]:
    return [Wanted(row.id, each.fingerprint) for each in placed if (row := each.target.row) is not None]


def _places(placed: Sequence[PlacedDraft], found: Mapping[str, Duplicate]) -> Iterator[Place]:
    for each in placed:
        row, spec = each.target.row, each.target.channel.spec
        if row is not None and row.id in found:
            has_text = bool(each.own_text.strip())
            pointer = f"{each.roots['text']}/text" if has_text else each.target.account_pointer
            yield spec, pointer, found[row.id]


def warning_of(spec: ChannelSpec, pointer: str, found: Duplicate) -> Warning_:
    """The warning about a duplicate."""
    message = f"{_same(spec, found)}; cancel one of them unless you want both"
    return Warning_(code=CODE, message=message, channel=spec.name.value, pointer=pointer, content_id=found.content_id)


def problem_of(spec: ChannelSpec, pointer: str, found: Duplicate) -> Problem:
    """The problem of a duplicate, where the brand refuses it."""
    message = (
        f"{_same(spec, found)}, and the brand refuses duplicates. To publish it again on purpose, change the words, "
        f"choose a time at least {LIMIT} from the other post, or set the brand's duplicates to warn"
    )
    channel, rule = spec.name.value, CODE.lower()
    return Problem(
        pointer=pointer, code=CODE, message=message, channel=channel, rule=rule, limit=LIMIT, actual=found.content_id
    )


def _same(spec: ChannelSpec, found: Duplicate) -> str:
    return (
        f"{spec.title} gets the same text, media and link from {found.content_id}, due "
        f"{found.due_at:%Y-%m-%d %H:%MZ}, within {LIMIT} of this post"
    )
