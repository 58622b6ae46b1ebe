"""What is asked is read in one way, and what is answered is as the document says."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from jsonschema_rs import Draft202012Validator

from munadi.domain.problem import MAX_PROBLEMS
from tests.api.browsing import visiting
from tests.api.connecting import form_of
from tests.api.desk import Desk, open_desk
from tests.api.test_bad_input import errors_of

EVIL = "evil.example"
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}


async def test_a_method_that_is_not_served_is_answered_with_those_that_are(small_desk: Desk) -> None:
    served: dict[str, set[str]] = {}
    for route in iter_route_contexts(small_desk.app.routes):
        path = re.sub(r"\{(\w+):path\}", "x", route.path or "")
        served.setdefault(re.sub(r"\{\w+\}", "x", path), set()).update(route.methods or ())
    assert served["/v1/contents/validate"] == {"POST"}
    for path, methods in served.items():
        for method in METHODS - methods:
            answer = await small_desk.client.request(method, path)
            if method != "HEAD":
                errors_of(answer, 405)
            assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, methods), (method, path)


async def test_a_content_that_does_not_exist_is_still_not_found(small_desk: Desk) -> None:
    errors_of(await small_desk.client.get("/v1/contents/validated"), 404)


@pytest.mark.parametrize(
    "text",
    [
        "0.5",
        "0",
        "1700000000",
        "-1",
        "2026-12-03",
        "2026-12-03T09:00:00",
        "2026-12-03T09:00Z",
        "2026-12-03T09:00:00 05:30",
    ],
)
async def test_an_instant_is_written_out(small_desk: Desk, text: str) -> None:
    for name in ("scheduledFrom", "scheduledTo"):
        [error] = errors_of(await small_desk.client.get("/v1/contents", params={name: text}))
        assert (error["pointer"], error["code"]) == (f"?{name}", "INVALID_FIELD")
        assert "2027-01-15T09:00:00Z" in error["message"]
    number: Any = {"name": "k", "scopes": ["admin"], "expiresAt": 1_900_000_000}
    [error] = errors_of(await small_desk.client.post("/v1/keys", json=number))
    assert error["pointer"] == "/expiresAt"


@pytest.mark.parametrize("text", ["2026-12-03T09:00:00Z", "2026-12-03t09:00:00.123456z", "2026-12-03 09:00:00+05:30"])
async def test_every_spelling_of_rfc_3339_is_an_instant(small_desk: Desk, text: str) -> None:
    answer = await small_desk.client.get("/v1/contents", params={"scheduledTo": text})
    assert answer.status_code == 200


async def test_answers_about_channels_are_as_the_document_says(small_desk: Desk) -> None:
    document = (await small_desk.client.get("/openapi.json")).json()
    schema = {"components": document["components"], "$ref": "#/components/schemas/ChannelView"}
    validator = Draft202012Validator(schema, validate_formats=True)
    channels = (await small_desk.client.get("/v1/channels")).json()
    answered = channels["data"] if isinstance(channels, dict) else channels
    for channel in answered:
        validator.validate(channel)
    assert "PT0.001S" in str(answered)
    assert "'format': 'duration'" not in str(document)


async def test_a_parameter_that_nothing_reads_is_refused_with_the_nearest_one(small_desk: Desk) -> None:
    for query, nearest in (("brandref=acme", "brandRef"), ("scheduledform=x", "scheduledFrom"), ("states=x", "status")):
        [error] = errors_of(await small_desk.client.get(f"/v1/contents?{query}"))
        assert (error["pointer"], error["code"]) == (f"?{query.partition('=')[0]}", "UNKNOWN_PARAMETER")
        assert f"did you mean {nearest}?" in error["message"]
    [error] = errors_of(await small_desk.client.get("/v1/brands?zzz=1"))
    assert error["message"] == "there is no such parameter; there are cursor, limit"
    [error] = errors_of(await small_desk.client.get("/v1/channels?zzz=1"))
    assert error["message"] == "there is no such parameter"


async def test_many_unknown_parameters_get_a_small_answer(small_desk: Desk) -> None:
    query = "&".join(f"p{number}=1" for number in range(3_000))
    answer = await small_desk.client.get(f"/v1/contents?{query}")
    assert len(errors_of(answer)) == MAX_PROBLEMS
    assert len(answer.content) < 10_000


async def test_a_network_may_add_parameters_of_its_own(small_desk: Desk) -> None:
    answer = await small_desk.client.get("/v1/oauth/threads/callback?state=x&code=y&authuser=0&prompt=consent")
    assert "UNKNOWN_PARAMETER" not in answer.text
    assert (await small_desk.client.get("/healthz?at=1")).status_code == 200


async def test_a_forged_host_reaches_no_answer(tmp_path: Any) -> None:
    """Links for owners and networks come from MUNADI_PUBLIC_URL alone."""
    forged = {"Host": EVIL, "X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "gopher", "Forwarded": f"host={EVIL}"}
    channels = {"threads": {"client_id": "1", "client_secret": "s"}}
    async with open_desk(tmp_path, public_url="http://munadi.acme.example", channels=channels) as desk:
        content = await desk.accept()
        link = await desk.client.post("/v1/brands/acme/accounts/connect", json={"channel": "threads"}, headers=forged)
        assert link.json()["connectUrl"].startswith("http://munadi.acme.example/connect/")
        _without(EVIL, link)
        path = link.json()["connectUrl"].removeprefix("http://munadi.acme.example")
        _without(EVIL, await desk.client.get(path, headers=forged))
        sent = await desk.client.post(path, data=await form_of(desk.client, path), headers=forged)
        _without(EVIL, sent)
        assert "munadi.acme.example%2Fv1%2Foauth%2Fthreads%2Fcallback" in sent.headers.get("location", "")
        key = desk.client.headers["authorization"].removeprefix("Bearer ")
        async with visiting(desk.app, key) as visitor:
            for page in (
                "/attention",
                "/contents",
                f"/contents/{content['id']}",
                "/accounts",
                "/webhooks",
                "/compose",
                "/usage",
            ):
                answer = await visitor.client.get(page, headers=forged)
                assert answer.status_code == 200, page
                _without(EVIL, answer)
        async with visiting(desk.app) as nobody:
            _without(EVIL, await nobody.client.get("/contents", headers=forged))
        for page in ("/docs/", "/docs/api", "/openapi.json", "/v1/oauth/bluesky/client-metadata.json", "/v1/nothing"):
            _without(EVIL, await desk.client.get(page, headers=forged))


def _without(name: str, answer: httpx.Response) -> None:
    assert name not in answer.text + str(answer.headers)
