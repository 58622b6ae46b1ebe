"""Everything that a client or a server may send has a bound: docs/reference/bounds.md."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.bound_tables import ANSWERS, Bound, Fields, option_bounds, request_bounds
from tests.architecture.tree import report


def test_every_field_of_a_request_has_a_bound() -> None:
    found = request_bounds()
    assert len(found) > 300
    report(_unbounded(found), "Give the field max_length, a pattern of bounded length or a format.")


def test_every_option_of_a_channel_has_a_bound() -> None:
    found = option_bounds()
    assert len({each.where for each in found}) == 14
    report(_unbounded(found), "Give the option max_length; MAX_OPTION where the rules know the network's limit.")


def test_the_table_of_answers_names_each_kind_of_server() -> None:
    assert {server for server, _, _ in ANSWERS} >= {
        "a network",
        "a media server",
        "a linked page",
        "a webhook receiver",
    }


@pytest.mark.parametrize(
    ("schema", "bound"),
    [
        ({"type": "string"}, None),
        ({"type": "string", "maxLength": 1000}, "1,000 characters"),
        ({"type": "string", "pattern": "^a{1,5}$"}, "5 characters"),
        ({"type": "string", "pattern": "^a+$"}, None),
        ({"type": "array", "items": {"enum": ["a"]}}, None),
        ({"type": "array", "items": {"enum": ["a"]}, "maxItems": 3}, "3 items"),
        ({"type": "object", "additionalProperties": True}, None),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, None),
    ],
)
def test_a_field_without_a_bound_is_found(schema: dict[str, Any], bound: str | None) -> None:
    assert dict(Fields({}).bounds(schema, "field")) == {"field": bound}


def _unbounded(found: list[Bound]) -> list[str]:
    return [f"{each.where} {each.place}" for each in found if each.bound is None]
