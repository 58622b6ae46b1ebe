"""What a call of a service returns, and why it refuses one. Nothing here knows HTTP.

A `Service` has a method for each operation on its subject. A method owns its transaction, and with it the record under
the Idempotency-Key: both are committed together, or nothing is.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.config import LimitSettings
from munadi.crypto import KeyRing
from munadi.db.idempotency import IdempotencyRecord
from munadi.db.session import Database
from munadi.domain.model import WireModel
from munadi.domain.problem import Problem
from munadi.ports import Clock

IDENTITY = {"id", "version", "ref"}


@dataclass(frozen=True)
class Answer:
    """A view as JSON, which a repetition of the request gets byte for byte.

    `identity` has its `id` or `ref`, its `version`, and what else a response says beside the view. The view is never
    read again: an upgrade between the two requests may have changed what a view has. `about`: the id of what the view
    shows, if that may be deleted.
    """

    body: bytes
    identity: Mapping[str, Any]
    is_repeated: bool = False
    about: str | None = None

    @classmethod
    def of(cls, view: WireModel, about: str | None = None, **beside: Any) -> Answer:
        """The answer to the first request. `beside`: what else its response says."""
        identity = view.model_dump(include=IDENTITY) | beside
        return cls(view.model_dump_json(by_alias=True).encode(), identity, about=about)

    @classmethod
    def repeated(cls, recorded: bytes) -> Answer:
        """The recorded answer to an earlier request."""
        identity, _, body = recorded.partition(b"\n")
        return cls(body, json.loads(identity), is_repeated=True)

    @property
    def recorded(self) -> bytes:
        """What is recorded for a repetition: the identity as a line of JSON, then the body."""
        return json.dumps(self.identity).encode() + b"\n" + self.body


Work = Callable[[AsyncSession], Awaitable[Answer]]


@dataclass(frozen=True)
class Service:
    """What every service has, and how it answers a request once. `limits`: those of a brand without its own."""

    database: Database
    keyring: KeyRing
    clock: Clock
    limits: LimitSettings

    async def _earlier(self, record: IdempotencyRecord | None) -> Answer | None:
        """The answer to the same request, if it was answered before. Call it ahead of costly work, as of a network."""
        if record is None:
            return None
        async with self.database.read() as session:
            recorded = await record.find(session)
        return None if recorded is None else Answer.repeated(recorded)

    async def _once(self, record: IdempotencyRecord | None, work: Work) -> Answer:
        """Do the work in one transaction, once per key. If it raises, everything is rolled back, and nothing is
        recorded. Without a key it is the same transaction."""
        async with self.database.write() as session:
            if record is not None and (earlier := await record.take(session, self.clock.now())) is not None:
                return Answer.repeated(earlier)
            answer = await work(session)
            if record is not None:
                await session.flush()
                await record.store(session, answer.recorded, answer.about)
        return answer


class NotVisible(LookupError):
    """There is no such object, or the caller may not see it. `kind` is what it would be: `content`, `publication`."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(f"there is no {kind} {name[:100]!r}")
        self.kind, self.name = kind, name


class NotPermitted(Exception):
    """The caller's key works for one brand, and this concerns others too. The text says what it may not do.

    `code` is stable, `title` a short sentence; `problems` say where.
    """

    code, title = "BRAND_RESTRICTED", "Not permitted"

    def __init__(self, text: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(text)
        self.problems = tuple(problems)


class Conflict(Exception):
    """What is stored does not allow the request. `code` is stable, `title` a short sentence for people.

    `version`: of the object as it is now, if a new try must be based on it.
    """

    def __init__(
        self, code: str, title: str, detail: str, problems: Sequence[Problem] = (), *, version: int | None = None
    ) -> None:
        super().__init__(detail)
        self.code, self.title, self.problems, self.version = code, title, tuple(problems), version


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
