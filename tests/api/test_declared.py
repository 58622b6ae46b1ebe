"""Real requests get only statuses and headers that the OpenAPI document declares for their operation."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api.openapi.headers import HEADERS
from munadi.domain.key import Scope
from tests.api.harness import ApiHarness
from tests.api.operations import OPERATIONS, POST, Operation
from tests.api.test_auth import call, resources_of_acme

pytestmark = pytest.mark.fake_network
# Of HTTP itself, and of the body.
PLAIN = {"content-type", "content-length", "date", "server", "connection", "transfer-encoding"}
# Sent only by installations that browsers reach by https.
BY_HTTPS = {"strict-transport-security"}
# Sent where something is deprecated (test_deprecation.py).
DEPRECATED = {"deprecation", "sunset", "link"}


class Declared:
    """Compares answers with the document, and collects the headers that it has seen."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self.seen: set[str] = set()
        self.undeclared: set[str] = set()

    def check(self, operation: Operation, answer: httpx.Response) -> None:
        responses = self._document["paths"][operation.path][operation.method.lower()]["responses"]
        declared = responses.get(str(answer.status_code))
        if declared is None:
            self.undeclared.add(f"{operation}: {answer.status_code} {answer.text[:200]}")
            return
        headers = {name.lower() for name in answer.headers} - PLAIN
        unknown = headers - {name.lower() for name in declared["headers"]}
        self.undeclared |= {f"{operation}: {answer.status_code} {name}" for name in unknown}
        self.seen |= headers


async def test_every_answer_is_declared(api: ApiHarness) -> None:
    declared = Declared(await api.read("/openapi.json"))
    limits = {"limits": {"apiCallsPerMinute": 1_000}}
    assert (await api.patch("/v1/brands/acme", limits)).status_code == 200
    of_acme = await api.key(*(scope for scope in Scope if scope is not Scope.ADMIN), brand_ref="acme")
    names = await resources_of_acme(api)
    post = await api.submit(**POST)
    names |= {"content_id": post["id"], "publication_id": post["publications"][0]["id"]}
    # Deletions come last, so that they take nothing from the others.
    for operation in sorted(OPERATIONS, key=lambda each: each.method == "DELETE"):
        for key in ("", await api.key(Scope.WEBHOOKS_READ), of_acme, api.admin_key):
            declared.check(operation, await call(api, operation, key, names))
            declared.check(operation, await call(api, operation, key, {"ref": "nobody"}))
            declared.check(operation, await call(api, operation, key, names, query="?limitt=1"))
    assert declared.undeclared == set()


async def test_every_declared_header_is_sent_by_some_answer(api: ApiHarness) -> None:
    declared = Declared(await api.read("/openapi.json"))
    by_path = {str(operation): operation for operation in OPERATIONS}
    create, edit = by_path["POST /v1/contents"], by_path["PATCH /v1/contents/{content_id}"]
    limits = {"limits": {"apiCallsPerMinute": 5}}
    assert (await api.patch("/v1/brands/acme", limits)).status_code == 200
    key = await api.key(Scope.CONTENTS_WRITE, Scope.ACCOUNTS_WRITE, brand_ref="acme")
    await api.seed.account()
    for _ in range(2):
        answer = await api.post("/v1/contents", create.body, key=key, idempotency_key="once")
        assert answer.status_code == 202, answer.text
        declared.check(create, answer)
    declared.check(create, await api.post("/v1/contents", create.body, key=""))
    address = answer.headers["location"]
    declared.check(edit, await api.patch(address, {"text": "x"}, key=key, if_match='"9"'))
    while answer.status_code != 429:
        answer = await api.post("/v1/contents", create.body, key=key)
    declared.check(create, answer)
    assert declared.undeclared == set()
    assert {name.lower() for name in HEADERS} - declared.seen == BY_HTTPS | DEPRECATED


async def test_an_undeclared_header_or_status_is_noticed(api: ApiHarness) -> None:
    document = await api.read("/openapi.json")
    responses = document["paths"]["/v1/channels"]["get"]["responses"]
    del responses["401"], responses["200"]["headers"]["X-Request-Id"]
    [operation] = [each for each in OPERATIONS if str(each) == "GET /v1/channels"]
    declared = Declared(document)
    declared.check(operation, await api.get("/v1/channels"))
    declared.check(operation, await api.get("/v1/channels", key=""))
    assert {each.partition(" {")[0] for each in declared.undeclared} == {
        "GET /v1/channels: 200 x-request-id",
        "GET /v1/channels: 401",
    }
