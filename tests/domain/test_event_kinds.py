"""Every type of event has a schema. Its example fits, a thin event fits too, and later fields do not break it."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator, meta

from api.openapi.event_examples import event_example
from munadi.db.events.notify import event_body
from munadi.db.tables import EventRow
from munadi.domain.event import Event, EventType
from munadi.domain.event_kinds import EVENT_KINDS, EVENT_MODELS, event_schema
from munadi.domain.webhook import Payload
from tests.support.events import event_problems

KINDS = list(EventType)


def fits(kind: EventType, body: dict[str, Any]) -> bool:
    return Draft202012Validator(event_schema(kind), validate_formats=True).is_valid(body)


def test_every_type_is_in_the_catalogue_in_order() -> None:
    assert list(EVENT_KINDS) == list(EVENT_MODELS) == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_is_complete_and_fits_its_schema(kind: EventType) -> None:
    example = event_example(kind)
    meta.validate(event_schema(kind))
    assert event_problems(example) == []
    assert Event.model_validate(example).model_dump(mode="json") == example
    assert example["type"] == kind.value


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_takes_later_fields_and_refuses_missing_ones(kind: EventType) -> None:
    example = event_example(kind)
    assert fits(kind, {**example, "later": 1, "data": {**example["data"], "later": 1}})
    for name in example:
        assert not fits(kind, {key: value for key, value in example.items() if key != name}), name
    assert not fits(kind, {**example, "type": "content.liked"})
    assert event_problems({**example, "later": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_a_thin_event_fits_the_schema_too(kind: EventType) -> None:
    example = event_example(kind)
    event = Event.model_validate(example)
    columns = event.model_dump(by_alias=False, exclude={"timestamp", "test"})
    row = EventRow(**columns, created_at=event.timestamp)
    thin = Event.model_validate_json(event_body(row, Payload.THIN)).model_dump(mode="json")
    assert "content" not in thin["data"]
    assert fits(kind, thin)


def test_another_posts_status_or_a_publication_in_a_posts_event_is_refused() -> None:
    accepted = event_example(EventType.CONTENT_ACCEPTED)
    assert not fits(EventType.CONTENT_ACCEPTED, {**accepted, "status": "liked"})
    assert not fits(EventType.CONTENT_ACCEPTED, {**accepted, "publicationId": "pub_01kf2v6s3tf0d8m7s0a3x9y5hr"})
    failed = event_example(EventType.PUBLISH_FAILED)
    assert not fits(EventType.PUBLISH_FAILED, {**failed, "reason": None})
