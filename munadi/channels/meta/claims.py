"""What Meta's copyright check says of a published video. Source: docs/networks/instagram.md, section 9.

Meta shows it to the owner only, and matching can take hours: a check in progress is no pass.
"""

from __future__ import annotations

from typing import Any

from munadi.channels.answers import object_in, text_in
from munadi.domain.withdrawal import Seen, Verdict
from munadi.ports import Answer

COPYRIGHT = "copyright_check_information"
# What the owner of the work does to the video; a policy that only tracks or pays limits nobody.
LIMITS = ("BLOCK", "MUTE")


def limited_by_copyright(answer: Answer) -> Seen | None:
    """LIMITED where a match blocks or mutes the video somewhere, PROCESSING while it is checked, else None."""
    check = object_in(answer.body, COPYRIGHT)
    matches = check.get("copyright_matches")
    for match in matches if isinstance(matches, list) else []:
        actions = object_in(match, "owner_copyright_policy").get("actions")
        for action in actions if isinstance(actions, list) else []:
            if (name := text_in(action, "action")) in LIMITS:
                where = _places(object_in(action).get("geos"))
                return Seen(verdict=Verdict.LIMITED, word=f"{name}: {where}" if where else name or "")
    status = text_in(check, "status") or text_in(check, "status", "status")
    return Seen(verdict=Verdict.PROCESSING, word=f"{COPYRIGHT}: {status}") if status == "in_progress" else None


def _places(geos: Any) -> str:
    """The countries, as a text or as a list."""
    return ", ".join(str(one) for one in geos) if isinstance(geos, list) else str(geos or "")
