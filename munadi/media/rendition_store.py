"""Renditions kept beside what they were made from: `<root>/renditions/<source>/<recipe>.json` names each.

The rule here: one is made once for a source and a recipe. A lost note or a swept file only means to make it again.
Blocking: call it in a thread.
"""

import os
import tempfile
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from munadi.media.facts import MediaFacts
from munadi.media.probe import probe
from munadi.media.rendition import Recipe, render
from munadi.media.store import MediaStore

# Part of a recipe's name: raise it when `render` makes something else of the same picture.
EDITION = 1


class Rendition(BaseModel):
    """A stored rendition, as it was probed."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    facts: MediaFacts


class RenditionStore:
    """Makes what is not there yet. Several processes may share it: the last note wins, and each is good."""

    def __init__(self, store: MediaStore) -> None:
        self._store = store

    def get(self, source: str, recipe: Recipe) -> Rendition:
        """The rendition of the content `source`. Raises MediaRefused, and FileNotFoundError without a source."""
        note = self._note(source, recipe)
        known = _read(note)
        if known is not None and self._store.renew(known.sha256):
            return known
        digest = self._store.put_bytes(render(self._store.path(source), recipe))
        made = Rendition(sha256=digest, facts=probe(self._store.path(digest)))
        self._write(note, made)
        return made

    def _note(self, source: str, recipe: Recipe) -> Path:
        limits = "-".join(str(limit or "any") for limit in (recipe.max_bytes, recipe.max_side))
        name = f"{EDITION}-{recipe.mime_type.replace('/', '-')}-{limits}.json"
        return self._store.root / "renditions" / self._store.path(source).name / name

    def _write(self, note: Path, made: Rendition) -> None:
        note.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._store.incoming)
        with os.fdopen(handle, "w") as file:
            file.write(made.model_dump_json())
        Path(name).replace(note)


def _read(note: Path) -> Rendition | None:
    try:
        return Rendition.model_validate_json(note.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
