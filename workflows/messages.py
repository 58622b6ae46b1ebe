"""The signals to a post's workflow, from operators and from Munadi. No signal can block the workflow.

One dynamic signal handler takes every name and raw values: a typed one fails the workflow task for ever on a
missing argument, or drops a badly typed one silently.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from temporalio import workflow
from temporalio.common import RawValue

with workflow.unsafe.imports_passed_through():
    from munadi.domain.publishing import Command

WAKE = "wake"
_NEEDS_INPUT = frozenset({Command.RESCHEDULE})


class Inbox:
    """The signals that were received and not yet applied."""

    def __init__(self) -> None:
        self.woken = False
        self.commands: deque[tuple[Command, Any]] = deque()

    @property
    def is_empty(self) -> bool:
        """Whether no signal waits to be applied."""
        return not self.woken and not self.commands

    def receive(self, name: str, args: Sequence[RawValue]) -> str | None:
        """Store a signal; returns a refusal in words when it is invalid."""
        if name == WAKE:
            self.woken = True
            return None
        if name not in set(Command):
            return f"signal {name[:64]!r} is unknown; there are: {', '.join(Command)}, {WAKE}"
        if len(args) > 1:
            return f"signal {name} takes one input at most; {len(args)} came"
        try:
            given = workflow.payload_converter().from_payload(args[0].payload) if args else None
        except Exception as error:  # noqa: BLE001 - whatever a foreign payload does must not fail the task
            return f"signal {name}: the input cannot be read ({type(error).__name__})"
        command = Command(name)
        refusal = _check(command, given)
        if refusal is None:
            self.commands.append((command, given))
        return refusal


def _check(command: Command, given: Any) -> str | None:
    if command in _NEEDS_INPUT:
        if isinstance(given, str) or (isinstance(given, dict) and isinstance(given.get("scheduledAt"), str)):
            return None
        return (
            f'signal {command} takes a time with offset, "2026-12-01T09:00:00+05:30", '
            'or {"scheduledAt": "2026-12-01T09:00:00", "timezone": "Asia/Kolkata"}'
        )
    if given is None or given == {} or given == "":
        return None
    return f"signal {command} takes no input"
