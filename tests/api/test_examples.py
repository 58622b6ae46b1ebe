"""What the OpenAPI document shows is what the API takes and answers."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from api import examples, quota_examples
from api.problems import ProblemDocument
from api.routes.accounts import AccountImportRequest
from api.routes.connections import ConnectLink
from api.routes.keys import KeyView
from munadi.domain.account_view import AccountView
from munadi.domain.brand import BrandView
from munadi.domain.connection import ConnectionView
from munadi.domain.usage import UsageView
from munadi.domain.webhook import DeliveryView, EndpointView
from tests.api.door import Door
from tests.api.operations import OPERATIONS

OURS = ("/v1/brands", "/v1/keys", "/v1/accounts", "/v1/webhooks")


@pytest.mark.parametrize(
    ("model", "example"),
    [
        (BrandView, examples.BRAND),
        (KeyView, examples.KEY),
        (AccountView, examples.ACCOUNT),
        (ConnectLink, examples.CONNECT_LINK),
        (ConnectionView, examples.CONNECTION),
        (EndpointView, examples.ENDPOINT),
        (DeliveryView, examples.DELIVERY),
        (UsageView, quota_examples.USAGE),
        (ProblemDocument, quota_examples.QUOTA_EXCEEDED),
    ],
)
def test_an_answer_that_is_shown_is_whole(model: type[BaseModel], example: dict[str, Any]) -> None:
    assert model.model_validate(example).model_dump(mode="json", by_alias=True) == example


@pytest.mark.parametrize("name", examples.ACCOUNTS)
def test_a_request_that_is_shown_is_taken(name: str) -> None:
    AccountImportRequest.model_validate(examples.ACCOUNTS[name]["value"])


def test_every_operation_shows_its_success_and_its_errors(door: Door) -> None:
    document = door.app.openapi()
    for operation in OPERATIONS:
        if not operation.path.startswith(OURS):
            continue
        answers = document["paths"][operation.path][operation.method.lower()]["responses"]
        shown = [
            answer["content"]["application/json"]
            for status, answer in answers.items()
            if status in ("200", "201", "202") and "application/json" in answer.get("content", {})
        ]
        assert any("example" in each for each in shown) or "204" in answers, operation
        assert {"401", "403", "422", "503"} <= set(answers), operation
        refs = [answer["content"] for status, answer in answers.items() if status >= "400"]
        assert all("application/problem+json" in content for content in refs), operation
