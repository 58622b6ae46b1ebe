"""What the removal of a live post has in common at several networks: a DELETE that is answered with 204.

An answer that says "there is no such post" also comes for the post of another account, and for one that the connection
may no longer see. It never proves a removal: its effect is unknown, and a look decides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from munadi.channels.errors import ErrorTable, Row
from munadi.domain.failure import Effect, Reason
from munadi.ports import Answer

NOT_FOUND = Row(
    Reason.TARGET_NOT_ACCESSIBLE, Effect.UNKNOWN, advice="it has no such post, or does not show it to this connection"
)
_ANY = re.compile("")


def for_removals(table: ErrorTable, codes: Mapping[str, Row] | None = None) -> ErrorTable:
    """A network's table of errors for requests that remove something. `codes` mean something else there."""
    worded = ((404, _ANY, NOT_FOUND), *table.worded)
    return replace(table, worded=worded, codes={**table.codes, **(codes or {})})


def is_no_content(answer: Answer) -> bool:
    """The proof of a removal or an edit: 204. A proxy answers with 200 and a page."""
    return answer.status == 204
