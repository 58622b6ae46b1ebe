"""Renditions, stored beside their source: `<root>/renditions/<source>/<recipe>.json` names each.

Rule: each is made once for a source and a recipe. If its note or file is lost, it is made again.
Blocking: call it in a thread.
"""

from pydantic import BaseModel, ConfigDict, ValidationError

from munadi.domain.media_facts import MediaFacts
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
    """Makes missing renditions. Several processes may share it: the last note wins, and all are equal."""

    def __init__(self, store: MediaStore) -> None:
        self._store = store

    def get(self, source: str, recipe: Recipe) -> Rendition:
        """The rendition of the content `source`. Raises MediaRefused, and FileNotFoundError without a source."""
        note = self._note(source, recipe)
        known = _read(self._store.read_note(note))
        if known is not None and self._store.renew(known.sha256):
            return known
        with self._store.local(source) as path:
            content = render(path, recipe)
        digest = self._store.put_bytes(content)
        with self._store.local(digest) as path:
            made = Rendition(sha256=digest, facts=probe(path))
        self._store.write_note(note, made.model_dump_json().encode())
        return made

    def of(self, source: str) -> list[tuple[str, Rendition | None]]:
        """Each rendition of a content, with the name of its note; None for a note that cannot be read."""
        return [(name, _read(self._store.read_note(name))) for name in self._store.list_notes(_folder(source))]

    def _note(self, source: str, recipe: Recipe) -> str:
        limits = "-".join(str(limit or "any") for limit in (recipe.max_bytes, recipe.max_side))
        name = f"{EDITION}-{recipe.mime_type.replace('/', '-')}-{limits}.json"
        return f"{_folder(source)}/{name}"


def _folder(source: str) -> str:
    return f"renditions/{source}"


def _read(note: bytes | None) -> Rendition | None:
    if note is None:
        return None
    try:
        return Rendition.model_validate_json(note)
    except ValidationError:
        return None
