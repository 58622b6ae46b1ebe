"""Applies operators' signals by the same compare-and-set as the API's calls. (Port: munadi.ports.Operators.)"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from munadi.db.session import Database
from munadi.domain.problem import ProblemsFound
from munadi.domain.publishing import Command, CommandResult
from munadi.domain.time import Fold, check_window, resolve_instant
from munadi.publishing import changes
from munadi.publishing.content import LockedContent
from munadi.publishing.states import ChangeRefused


class OperatorCommands:
    """Applies one signal in one transaction. A refusal is returned as a text."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def apply(self, content_id: str, command: Command, argument: Any, now: datetime) -> CommandResult:
        """Cancel, reschedule or retry; the result says in words what was done or why not."""
        try:
            async with self._database.write() as session:
                locked = await LockedContent.lock(session, content_id, now)
                if locked is None:
                    return CommandResult(applied=False, text="there is no such content")
                return CommandResult(applied=True, text=await _apply(locked, command, argument, now))
        except ChangeRefused as refused:
            return CommandResult(applied=False, text=f"{command}: {refused}")
        except ProblemsFound as found:
            return CommandResult(applied=False, text=f"{command}: {found}")


async def _apply(locked: LockedContent, command: Command, argument: Any, now: datetime) -> str:
    match command:
        case Command.CANCEL:
            withdrawn = await changes.cancel(locked)
            return f"canceled {len(withdrawn)} of {len(locked.publications)} publications"
        case Command.RETRY:
            queued = await changes.retry(locked, None)
            return f"{len(queued)} publications are queued again"
        case Command.RESCHEDULE:
            wanted = argument if isinstance(argument, dict) else {"scheduledAt": argument}
            zone = wanted.get("timezone")
            fold = Fold(wanted["fold"]) if wanted.get("fold") in set(Fold) else None
            due = resolve_instant(
                str(wanted.get("scheduledAt")), timezone=zone if isinstance(zone, str) else None, fold=fold
            )
            problems = check_window(due, None, now)
            if problems:
                raise ProblemsFound(problems)
            await changes.reschedule(locked, due, zone, None, zone_given=isinstance(zone, str))
            return f"rescheduled to {due.isoformat()}"
