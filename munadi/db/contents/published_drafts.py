"""What each publication of a post was made from, also once the post's texts were deleted.

`munadi.publishing.old_texts` empties the drafts of old posts. Of a publication it leaves the options that no person
wrote: a later withdrawal and a look at the live post need these. They are not in `resolved`, so nothing can be
published from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from munadi.db.tables import DraftRow
from munadi.domain.content import Draft

_LEFT = "leftOptions"


def draft_of(draft: DraftRow, publication_id: str) -> Draft:
    """The part of a publication. Without texts and files once they were deleted."""
    if (resolved := draft.resolved.get(publication_id)) is not None:
        return Draft.model_validate(resolved)
    return Draft(options=draft.source[_LEFT][publication_id])


def options_of(draft: DraftRow, publication_id: str) -> dict[str, Any]:
    """The options that a publication was published with, as far as they are left."""
    resolved = draft.resolved.get(publication_id)
    options = draft.source[_LEFT][publication_id] if resolved is None else resolved.get("options")
    return dict(options or {})


def empty(draft: DraftRow, left: Mapping[str, Mapping[str, Any]]) -> None:
    """Delete what a draft says. `left`: the options to keep, by the id of the publication. Names and texts of the
    client's own, `metadata`, stay: posts are listed by them."""
    own = {"metadata": draft.source["metadata"]} if draft.source.get("metadata") else {}
    draft.source, draft.resolved, draft.warnings = {**own, "channels": [], _LEFT: dict(left)}, {}, []
