"""The OpenAPI document describes what is served, its examples are real, and its page loads nothing from elsewhere."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

import pytest
from fastapi.routing import APIRoute
from jsonschema_rs import Draft202012Validator, meta
from pydantic import BaseModel

from api.app import ROUTERS
from api.http.problems import ProblemError
from api.idempotency import KEY_PATTERN, read_key
from api.openapi import content_examples, examples, quota_examples, webhook_examples
from api.routes.accounts import AccountImportRequest
from api.routes.connections import ConnectLink
from api.routes.drafts import DRAFT
from api.views import ListedPublication, LoggedEvent
from munadi.db.contents.details import PublicationDetail
from munadi.domain.account_view import AccountView
from munadi.domain.brand import BrandView
from munadi.domain.channel import ChannelView
from munadi.domain.connection import ConnectionView
from munadi.domain.content import ContentView, SavedDraft
from munadi.domain.event import EventType
from munadi.domain.key_view import KeyView
from munadi.domain.media import MediaView
from munadi.domain.usage import UsageView
from munadi.domain.webhook import DeliveryDetail, DeliveryView, EndpointView, RecoveryView
from munadi.intake.requests import ContentEdit, ContentRequest, MediaUrlRequest, RescheduleRequest
from munadi.intake.validation import Validation
from tests.api.harness import ApiHarness

OF_ANY_KEY = "/v1/keys/me"  # it needs no scope
PUBLIC = ("/healthz", "/readyz", "/v1/oauth/", "/.well-known/")
FOR_BROWSERS = "/v1/oauth/"
WITH_EXAMPLES = ("/v1/brands", "/v1/keys", "/v1/accounts", "/v1/drafts", "/v1/webhooks")
SUCCESS = {"200", "201", "202"}


async def document(api: ApiHarness) -> dict[str, Any]:
    found: dict[str, Any] = await api.read("/openapi.json", key="")
    return found


def operations(found: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation) for path, methods in found["paths"].items() for method, operation in methods.items()
    ]


async def test_every_route_is_described(api: ApiHarness) -> None:
    found = await document(api)
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


async def test_every_operation_is_named_by_resource_and_verb(api: ApiHarness) -> None:
    found = await document(api)
    names = {f"{method} {path}": operation["operationId"] for method, path, operation in operations(found)}
    for place, name in names.items():
        assert re.fullmatch(r"[a-z]+(\.[a-z]+([A-Z][a-z]+)*){1,3}", name), f"{place}: {name}"
    of_webhooks = [each["post"]["operationId"] for each in found["webhooks"].values()]
    assert len({*names.values(), *of_webhooks}) == len(names) + len(of_webhooks)
    for place, name in (
        ("post /v1/contents", "contents.create"),
        ("post /v1/contents/{content_id}/publish-now", "contents.publishNow"),
        ("post /v1/webhooks/endpoints/{endpoint_id}/rotate-secret", "webhooks.endpoints.rotateSecret"),
    ):
        assert names[place] == name


async def test_every_operation_documents_its_problems_and_shows_its_success(api: ApiHarness) -> None:
    for method, path, operation in operations(await document(api)):
        responses = operation["responses"]
        errors = {status for status in responses if status >= "400"}
        assert any(status < "300" for status in responses) is not path.startswith(FOR_BROWSERS), f"{method} {path}"
        if not path.startswith(PUBLIC):
            expected = {"401", "403", "500", "503"} | ({"404"} if "{" in path else set())
            expected -= {"403"} if path == OF_ANY_KEY else set()
            assert expected <= errors, f"{method} {path} leaves out {expected - errors}"
        for status in errors:
            kinds = ["text/html"] if path.startswith(FOR_BROWSERS) and status < "500" else []
            kinds += ["application/problem+json"] if status not in ("400", "410") or not kinds else []
            assert list(responses[status]["content"]) == kinds, f"{method} {path} {status}"
        if path.startswith(WITH_EXAMPLES):
            shown = [
                responses[status].get("content", {}).get("application/json", {}) for status in SUCCESS & set(responses)
            ]
            assert any("example" in each for each in shown) or "204" in responses, f"{method} {path}"
            assert "422" in errors, f"{method} {path}"


async def test_the_callback_is_described_as_what_browsers_get(api: ApiHarness) -> None:
    described = (await document(api))["paths"]["/v1/oauth/{channel}/callback"]["get"]
    assert (described["security"], set(described["responses"])) == ([], {"303", "400", "410", "422", "500", "503"})
    assert "Location" in described["responses"]["303"]["headers"]
    assert [each["name"] for each in described["parameters"]] == ["channel", "state", "code", "error"]
    answer = await api.get("/v1/oauth/bluesky/callback?state=x&of=the-network", key="")
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (400, "text/html")
    declared = {name.lower() for name in described["responses"]["400"]["headers"]}
    assert {"x-request-id", "cache-control"} <= declared & set(answer.headers)


async def test_every_tag_is_described_and_every_server_is_this_one(api: ApiHarness) -> None:
    found = await document(api)
    used = {tag for _, _, operation in operations(found) for tag in operation["tags"]}
    assert {each["name"] for each in found["tags"] if each["description"]} == used
    assert [urljoin("https://munadi.example/openapi.json", each["url"]) for each in found["servers"]] == [
        "https://munadi.example/"
    ]


async def test_requests_are_closed_and_responses_open_for_new_fields(api: ApiHarness) -> None:
    schemas = (await document(api))["components"]["schemas"]
    for name in ("ContentRequest", "ContentEdit", "ChannelRequest", "BrandCreate", "MediaUrlRequest"):
        assert schemas[name]["additionalProperties"] is False, name
    for name in ("ContentView", "PublicationView", "MediaView", "ProblemDocument", "Problem", "EndpointView"):
        assert "additionalProperties" not in schemas[name], name


async def test_every_reference_resolves_and_clients_get_good_names(api: ApiHarness) -> None:
    found = await document(api)
    names = set(re.findall(r"#/components/schemas/([\w.-]+)", str(found)))
    schemas = set(found["components"]["schemas"])
    assert names <= schemas
    assert "HTTPValidationError" not in names
    assert {"ContentRequest", "ContentEdit", "ProblemDocument", "ContentView", "PublicationDetail"} <= schemas


async def test_the_schemas_are_valid_and_the_examples_of_requests_fit_them(api: ApiHarness) -> None:
    found = await document(api)
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
    for example in examples.ACCOUNTS.values():
        AccountImportRequest.model_validate(example["value"])
    await api.submit(**examples.CONTENTS["now"]["value"])


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (BrandView, examples.BRAND),
        (KeyView, examples.KEY),
        (ListedPublication, content_examples.LISTED_PUBLICATION),
        (MediaView, content_examples.MEDIA),
        (ChannelView, content_examples.CHANNEL),
        (LoggedEvent, content_examples.LOGGED_EVENT),
        (PublicationDetail, content_examples.PUBLICATION),
        (Validation, content_examples.VALIDATION),
        (AccountView, examples.ACCOUNT),
        (ConnectLink, examples.CONNECT_LINK),
        (ConnectionView, examples.CONNECTION),
        (EndpointView, webhook_examples.ENDPOINT),
        (DeliveryView, webhook_examples.DELIVERY),
        (DeliveryDetail, webhook_examples.DELIVERY_DETAIL),
        (RecoveryView, webhook_examples.RECOVERY),
        (SavedDraft, DRAFT),
        (UsageView, quota_examples.USAGE),
    ],
)
def test_an_example_of_an_answer_has_every_field(model: type[BaseModel], example: dict[str, Any]) -> None:
    assert model.model_validate(example).model_dump(mode="json", by_alias=True) == example


async def test_the_example_of_a_post_is_in_the_document(api: ApiHarness) -> None:
    ContentView.model_validate(examples.CONTENT)
    assert (await document(api))["components"]["schemas"]["ContentView"]["examples"] == [examples.CONTENT]


@pytest.mark.parametrize("key", ["simple", '"a b"', '"es\\"caped"', "a-b_c:d/e.f", "", '"', "two words", '"open', "é"])
def test_the_documented_pattern_of_an_idempotency_key_is_the_one_that_is_read(key: str) -> None:
    try:
        read_key([key])
        good = True
    except ProblemError:
        good = False
    assert good == bool(re.search(KEY_PATTERN, key))


async def test_answers_about_channels_fit_their_schema(api: ApiHarness) -> None:
    found = await document(api)
    schema = {"components": found["components"], "$ref": "#/components/schemas/ChannelView"}
    channels = await api.read_list("/v1/channels")
    for channel in channels:
        Draft202012Validator(schema, validate_formats=True).validate(channel)
    assert "PT0.001S" in str(channels)
    assert "'format': 'duration'" not in str(found)


async def test_every_event_is_a_webhook_of_the_document_as_the_catalogue_lists_it(api: ApiHarness) -> None:
    found = await document(api)
    listed = (await api.read("/v1/events/types"))["data"]
    assert [each["type"] for each in listed] == list(found["webhooks"]) == list(EventType)
    for each in listed:
        body = found["webhooks"][each["type"]]["post"]["requestBody"]["content"]["application/json"]
        assert body["example"] == each["example"]
        Draft202012Validator(each["schema"]).validate(each["example"])
        Draft202012Validator({"components": found["components"]} | body["schema"]).validate(each["example"])


async def test_the_logs_entries_are_a_union_of_every_event_and_of_unknown_ones(api: ApiHarness) -> None:
    found = await document(api)
    union = found["components"]["schemas"]["MunadiEvent"]
    assert union["discriminator"]["mapping"].keys() == set(EventType)
    assert len(union["oneOf"]) == len(EventType) + 1
    await api.submit(**examples.CONTENTS["now"]["value"])
    page = await api.read("/v1/events")
    for path in ("/v1/events", "/v1/contents/{content_id}/events", "/v1/events/{event_id}"):
        body = found["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        is_page = "{event_id}" not in path
        validator = Draft202012Validator({"components": found["components"]} | body["schema"])
        validator.validate(body["example"])
        validator.validate(page if is_page else page["data"][0])
        newer = page["data"][0] | {"type": "content.liked", "data": {"likes": 7}}
        validator.validate({"data": [newer], "nextCursor": None} if is_page else newer)
        wrong = page["data"][0] | {"data": {"likes": 7, "content": "no post"}}
        assert not validator.is_valid({"data": [wrong], "nextCursor": None} if is_page else wrong)


async def test_generators_find_nothing_that_they_read_wrongly(api: ApiHarness) -> None:
    found = await document(api)
    null = {"type": "null"}
    for _, path, operation in operations(found):
        for parameter in operation.get("parameters", ()):
            assert null not in parameter["schema"].get("anyOf", ()), f"{path} {parameter['name']}"
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert null not in content["schema"].get("anyOf", ()), path
    schemas = found["components"]["schemas"]
    requests = [schemas[name]["properties"] for name in ("ContentRequest", "EndpointCreate", "Replay")]
    assert "default" not in {key for fields in requests for field in fields.values() for key in field}
    assert "Without it: `not_needed`." in schemas["DismissRequest"]["properties"]["because"]["description"]
    text = {"type": "string"}
    for name, field in (("ContentView", "status"), ("Failure", "reason"), ("ProblemDocument", "code")):
        assert text in schemas[name]["properties"][field]["anyOf"], f"{name}.{field} is closed"
    assert {"STALE", "INVALID_REQUEST", "TOKEN_REVOKED"} <= set(schemas["ProblemCode"]["enum"])
    of_query = next(each for each in found["paths"]["/v1/contents"]["get"]["parameters"] if each["name"] == "status")
    assert of_query["schema"]["items"] == {"$ref": "#/components/schemas/ContentStatus"}
    assert schemas["ChannelRequest"]["properties"]["channel"]["$ref"] == "#/components/schemas/ChannelName"


async def test_a_body_and_a_field_that_are_null_are_taken_as_before(api: ApiHarness) -> None:
    post = await api.submit(**examples.CONTENTS["now"]["value"] | {"link": None, "scheduledAt": "2027-03-02T09:00:00Z"})
    headers = {"content-type": "application/json", "authorization": f"Bearer {api.admin_key}"}
    answer = await api.client.post(f"/v1/contents/{post['id']}/cancel", content="null", headers=headers)
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled"), answer.text


async def test_an_accepted_posts_event_fits_the_served_schema(api: ApiHarness) -> None:
    await api.submit(**examples.CONTENTS["now"]["value"])
    schemas = {each["type"]: each["schema"] for each in (await api.read("/v1/events/types"))["data"]}
    events = await api.read_list("/v1/events")
    assert events
    for event in events:
        Draft202012Validator(schemas[event["type"]], validate_formats=True).validate(event)
