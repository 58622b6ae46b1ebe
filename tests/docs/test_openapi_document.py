"""The OpenAPI document leaves nothing unsaid: descriptions, examples, and problems that are explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from api.openapi.problems import SHOWN

# Another test holds it equal to what the API serves.
DOCUMENT: dict[str, Any] = json.loads((Path(__file__).parents[2] / "docs" / "reference" / "openapi.json").read_text())
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation, by its method and path."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_every_parameter_is_described() -> None:
    undescribed = [
        f"{place}: {parameter['name']}"
        for place, operation in operations()
        for parameter in operation.get("parameters", ())
        if not parameter.get("description", "").strip()
    ]
    assert undescribed == [], "describe them in the route: `Query(description=…)`"


def test_every_property_is_described() -> None:
    undescribed = [
        f"{schema}.{name}"
        for schema, described in SCHEMAS.items()
        for name, each in described.get("properties", {}).items()
        if not each.get("description", "").strip()
    ]
    assert undescribed == [], "describe them in the model: `Field(description=…)`"


def test_every_response_with_a_body_has_an_example() -> None:
    missing = [
        f"{place} {status}"
        for place, operation in operations()
        for status, response in operation["responses"].items()
        for content in response.get("content", {}).values()
        if not content.get("example") and not content.get("examples")
    ]
    assert missing == [], "add them to the route or to api/openapi/response_examples.py, problems to api/known_problems"


def test_every_example_of_a_problem_is_used() -> None:
    used = {
        name
        for _, operation in operations()
        for status, response in operation["responses"].items()
        for name in response.get("content", {}).get("application/problem+json", {}).get("examples", ())
    }
    assert used == {name for name, _ in SHOWN}
