"""What a call of the posts service returns, and why it refuses one. Nothing here knows HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from munadi.domain.model import WireModel

IDENTITY = {"id", "version"}


@dataclass(frozen=True)
class Answer:
    """A view as JSON, which a repetition of the request gets byte for byte.

    `identity` has its `id` and, of a post, its `version`. The rest is never read as a view again: an upgrade between
    the two may have changed what a view has.
    """

    body: bytes
    identity: Mapping[str, Any]
    is_repeated: bool = False

    @classmethod
    def of(cls, view: WireModel) -> Answer:
        """The answer to the first request."""
        return cls(view.model_dump_json(by_alias=True).encode(), view.model_dump(include=IDENTITY))

    @classmethod
    def repeated(cls, body: bytes) -> Answer:
        """The recorded answer to an earlier request."""
        return cls(body, json.loads(body), is_repeated=True)


class NotVisible(LookupError):
    """There is no such object, or the caller may not see it. `kind` is what it would be: `content`, `publication`."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"there is no {kind} {name[:100]!r}")
        self.kind, self.name = kind, name


class DraftOvertaken(Exception):
    """The saved draft was changed, submitted or deleted while this request checked it."""


class StaleVersion(Exception):
    """The change is based on another version than the current one. `is_weak`: only weak tags were given."""

    def __init__(self, version: int, *, is_weak: bool = False) -> None:
        super().__init__(f"the object is at version {version} now")
        self.version, self.is_weak = version, is_weak


@dataclass(frozen=True)
class BasedOn:
    """The versions that a change may be based on. `any_version`: it must exist, whatever its version is."""

    versions: frozenset[str] = frozenset()
    any_version: bool = False

    def require(self, version: int) -> None:
        """Raises StaleVersion unless the current version is one of them."""
        if not self.any_version and str(version) not in self.versions:
            raise StaleVersion(version, is_weak=not self.versions)
