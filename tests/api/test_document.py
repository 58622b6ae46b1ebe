"""The OpenAPI document describes what is served, and its page needs nobody else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema_rs import Draft202012Validator, meta

from api import examples
from api.app import ROUTERS
from api.idempotency import KEY_PATTERN, read_key
from api.problems import ProblemError
from munadi.domain.content import ContentView
from munadi.intake.requests import ContentEdit, ContentRequest, MediaUrlRequest, RescheduleRequest
from tests.api.desk import Desk

PUBLIC = ("/healthz", "/readyz", "/v1/oauth/")


async def document(desk: Desk) -> dict[str, Any]:
    answer = await desk.client.get("/openapi.json", headers={"Authorization": ""})
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(found: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation) for path, methods in found["paths"].items() for method, operation in methods.items()
    ]


async def test_every_route_is_described(small_desk: Desk) -> None:
    found = await document(small_desk)
    assert found["openapi"].startswith("3.1")
    described = {(method.upper(), path) for method, path, _ in operations(found)}
    served = {
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods
    }
    assert served <= described


async def test_every_operation_tells_its_errors_as_problems(small_desk: Desk) -> None:
    for method, path, operation in operations(await document(small_desk)):
        errors = {int(status) for status in operation["responses"] if status.isdigit() and int(status) >= 400}
        if not path.startswith(PUBLIC):
            assert {401, 403, 500, 503} <= errors, f"{method} {path} leaves out { ({401, 403, 500, 503} - errors) }"
        if "{" in path and not path.startswith(PUBLIC):
            assert 404 in errors, f"{method} {path} leaves out 404"
        for status in errors:
            content = operation["responses"][str(status)]["content"]
            assert list(content) == ["application/problem+json"], f"{method} {path} {status}"


async def test_every_reference_leads_somewhere(small_desk: Desk) -> None:
    found = await document(small_desk)
    names = set(re.findall(r"#/components/schemas/([\w.-]+)", str(found)))
    assert names <= set(found["components"]["schemas"])
    assert "HTTPValidationError" not in names


async def test_the_schemas_are_valid_and_the_examples_fit_them(small_desk: Desk) -> None:
    found = await document(small_desk)
    for schema in found["components"]["schemas"].values():
        meta.validate(schema)
    for path, method, model in (
        ("/v1/contents", "post", ContentRequest),
        ("/v1/contents/validate", "post", ContentRequest),
        ("/v1/contents/{content_id}", "patch", ContentEdit),
        ("/v1/contents/{content_id}/reschedule", "post", RescheduleRequest),
        ("/v1/media", "post", MediaUrlRequest),
    ):
        body = found["paths"][path][method]["requestBody"]["content"]["application/json"]
        schema = {"components": found["components"]} | body["schema"]
        assert body["examples"]
        for example in body["examples"].values():
            Draft202012Validator(schema).validate(example["value"])
            model.model_validate(example["value"])


@pytest.mark.parametrize("key", ["simple", '"a b"', '"es\\"caped"', "a-b_c:d/e.f", "", '"', "two words", '"open', "é"])
def test_the_documented_form_of_a_key_is_the_one_that_is_read(key: str) -> None:
    try:
        read_key([key])
        good = True
    except ProblemError:
        good = False
    assert good == bool(re.search(KEY_PATTERN, key))


async def test_the_answered_example_is_one(small_desk: Desk) -> None:
    ContentView.model_validate_json(json.dumps(examples.CONTENT))
    schemas = (await document(small_desk))["components"]["schemas"]
    assert schemas["ContentView"]["examples"] == [examples.CONTENT]


async def test_the_first_example_is_accepted_as_it_stands(small_desk: Desk) -> None:
    body = examples.CONTENTS["now"]["value"]
    assert (await small_desk.client.post("/v1/contents", json=body)).status_code == 202


async def test_the_page_loads_from_us_alone(small_desk: Desk) -> None:
    page = await small_desk.client.get("/docs/api", headers={"Authorization": ""})
    assert page.headers["content-type"].startswith("text/html")
    assert "http" not in page.text.replace("http-equiv", "")
    for name in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert (await small_desk.client.get(f"/docs/{name}")).status_code == 200
    assert (await small_desk.client.get("/docs/api/assets/../../etc/passwd")).status_code == 404


async def test_the_page_reads_our_document_in_the_words_it_knows(small_desk: Desk) -> None:
    old = (await small_desk.client.get("/docs/api/openapi-3.0.json")).json()
    assert old["openapi"] == "3.0.3"
    assert set(old["paths"]) == set((await document(small_desk))["paths"])
    assert "'type': 'null'" not in str(old)
    assert old["components"]["schemas"]["ContentRequest"]["properties"]["text"]["nullable"] is True


@pytest.mark.parametrize(
    "name", ["ContentRequest", "ContentEdit", "ProblemDocument", "ContentView", "PublicationDetail"]
)
async def test_the_shapes_clients_generate_from_are_named(small_desk: Desk, name: str) -> None:
    assert name in (await document(small_desk))["components"]["schemas"]
