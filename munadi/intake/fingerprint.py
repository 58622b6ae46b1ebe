"""The fingerprint of a draft, by which the same post is found again (docs/decisions/025)."""

from __future__ import annotations

import hashlib
import json

from munadi.channels.text import collapsed
from munadi.domain.content import Draft

# Hexadecimal. Enough that no two drafts of one account meet by chance.
DIGITS = 32
# The one kind of post that shows the same picture at another place on purpose.
STORY = "story"


def fingerprint_of(draft: Draft) -> str:
    """Equal for drafts that a reader would take for the same post: texts, link, media in their order, story or not.

    White space and the Unicode form of a text make no difference, nor do alt texts, a first comment and other options.
    """
    shown = [
        [collapsed(text) for text in (draft.text, *draft.parts)],
        draft.link,
        [asset.sha256 for asset in draft.media],
        draft.options.get("kind") == STORY,
    ]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:DIGITS]
