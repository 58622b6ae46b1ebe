"""Judges events by the catalogue. The fixtures that run Munadi check with it every event that a test brought about."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator
from sqlmodel import select

from munadi.db.events.notify import event_of
from munadi.db.session import Database
from munadi.db.tables import EventRow
from munadi.domain.event import EventType
from munadi.domain.event_kinds import event_schema


def event_problems(body: dict[str, Any]) -> list[str]:
    """How the body of an event differs from its type's schema. A field that the schema does not name counts too."""
    kind = EventType(body["type"])
    errors = _validator(kind).iter_errors(body)
    return [f"{kind.value} {'/'.join(map(str, each.instance_path))}: {each.message[:300]}" for each in errors]


async def check_events(database: Database) -> None:
    """Every event in a database fits its schema."""
    async with database.read() as session:
        rows = (await session.exec(select(EventRow))).all()
    check_bodies(event_of(row).model_dump(mode="json") for row in rows)


def check_bodies(bodies: Iterable[dict[str, Any]]) -> None:
    """Each of them fits its schema."""
    found = [problem for body in bodies for problem in event_problems(body)]
    assert not found, "\n".join(["these events differ from munadi/domain/event_kinds.py:", *found[:20]])


@cache
def _validator(kind: EventType) -> Draft202012Validator:
    return Draft202012Validator(_closed(event_schema(kind)), validate_formats=True)


def _closed(schema: Any) -> Any:
    """The schema, but an object has the named fields only."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _closed(value) for name, value in schema.items()}
    return made | {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else made
