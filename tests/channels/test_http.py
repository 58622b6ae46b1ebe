"""The effect of a call follows from where it failed. A kept answer contains no secret."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from munadi.channels.errors import LONGEST_WAIT, retry_after
from munadi.channels.http import ChannelHttp, Request, given_id, redact
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.outbound.guard import GuardCode, GuardRefused
from munadi.ports import Answer
from munadi.ports.requests import Requests, counted
from tests.channels.calls import GateThatCounts
from tests.channels.making import NOW, TOKEN, error_of
from tests.channels.network import Network, answer, ok


def explain(given: Answer) -> ChannelError:
    return ChannelError(
        Reason.UNKNOWN_PROVIDER_ERROR,
        Effect.UNKNOWN,
        "refused",
        provider_code=str(given.status),
        retry_after=retry_after(given.headers, NOW),
    )


def over(network: Network) -> ChannelHttp:
    return ChannelHttp(httpx.AsyncClient(transport=network), explain)


async def failure(network: Network, *expected: Any, gate: GateThatCounts | None = None, **rest: Any) -> ChannelError:
    request = Request("POST", "https://net.example/post", token=TOKEN, **rest)
    return await error_of(over(network).send(request, gate), *expected)


async def test_a_2xx_is_an_answer_with_lower_case_headers() -> None:
    network = Network().on("POST", "/post", ok({"id": 7}, **{"X-Usage": "1"}))
    got = await over(network).send(Request("POST", "https://net.example/post", token=TOKEN))
    assert (got.field("id"), got.headers["x-usage"]) == (7, "1")
    assert network.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_a_body_that_is_no_json_object_has_no_fields() -> None:
    network = Network().on("POST", "/post", answer(200, "<html>"))
    got = await over(network).send(Request("POST", "https://net.example/post"))
    assert got.field("id") is None


@pytest.mark.parametrize(
    ("given", "known"),
    [(" 17 ", "17"), (17, "17"), ("x" * 300, "x" * 300), ("x" * 301, None), (10**300, None), (True, None), ("", None)],
)
def test_an_id_is_a_short_text_or_a_number(given: object, known: str | None) -> None:
    assert given_id(given) == known


async def test_a_look_sends_no_more_requests_than_it_may() -> None:
    network, look = Network().on("POST", "/post", ok({"id": 7})), Requests(2)
    http, request = over(network), Request("POST", "https://net.example/post")
    with counted(look):
        for _ in range(2):
            await http.send(request)
        await error_of(http.send(request), Reason.RATE_LIMITED, Effect.NOT_SENT)
    assert (len(network.requests), look.made) == (2, 2)
    await http.send(request)
    assert look.made == 2, "what is no look is not counted"


async def test_unreachable_is_not_sent() -> None:
    network = Network()
    network.unreachable = True
    await failure(network, Reason.NETWORK_UNREACHABLE, Effect.NOT_SENT)


PRIVATE = GuardRefused(GuardCode.ADDRESS_NOT_PUBLIC, "10.0.0.1 is private")
UNRESOLVED = GuardRefused(GuardCode.NAME_NOT_RESOLVED, "no such name")


@pytest.mark.parametrize(
    ("end", "reason", "effect"),
    [
        # After the first byte nothing is known.
        (httpx.ReadTimeout("slow"), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        (httpx.RemoteProtocolError("reset"), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        (httpx.WriteError(""), Reason.PROVIDER_OUTAGE, Effect.UNKNOWN),
        # A guarded address is a final refusal, unless its name may resolve later.
        (PRIVATE, Reason.TARGET_NOT_ACCESSIBLE, Effect.REJECTED),
        (UNRESOLVED, Reason.NETWORK_UNREACHABLE, Effect.NOT_SENT),
    ],
    ids=repr,
)
async def test_the_effect_of_a_call_follows_from_where_it_failed(
    end: Exception, reason: Reason, effect: Effect
) -> None:
    await failure(Network().on("POST", "/post", end), reason, effect)


async def test_a_closed_gate_sends_nothing() -> None:
    network = Network().on("POST", "/post", ok())
    late = ChannelError(Reason.WINDOW_MISSED, Effect.NOT_SENT, "too late")
    assert await failure(network, gate=GateThatCounts(late)) is late
    assert network.requests == []


async def test_an_address_that_is_no_url_is_refused() -> None:
    call = over(Network()).send(Request("GET", "https://pds.example:port/"))
    await error_of(call, effect=Effect.REJECTED, code="INVALID_URL")


async def test_the_kept_answer_has_no_secret() -> None:
    body = {"error": f"token {TOKEN} is bad", "access_token": "IGQVJfoo", "code": 190}
    error = await failure(Network().on("POST", "/post", answer(400, body)))
    assert error.raw is not None
    assert TOKEN not in error.raw
    assert "IGQVJfoo" not in error.raw
    assert '"code":190' in error.raw


@pytest.mark.parametrize("prefix", ["code=", "Authorization: Bearer ", "eyJabc123.abc123.", "EAA", "IGQV"])
def test_redaction_knows_how_the_networks_tokens_look(prefix: str) -> None:
    masked = redact(f"before {prefix}abc123abc123abc123abc123 after")
    assert ("abc123" in masked, masked.endswith(" after")) == (False, True)


@pytest.mark.parametrize("words", ['{"code":190,"error_subcode":463}', "Invalid OAuth access token."])
def test_redaction_keeps_the_networks_message(words: str) -> None:
    assert redact(words) == words


@pytest.mark.parametrize(
    ("value", "seconds"), [("30", 30), ("0", 0), ("99999999", 604_800), ("", None), ("soon", None), ("-5", None)]
)
def test_retry_after_in_seconds(value: str, seconds: int | None) -> None:
    wanted = None if seconds is None else timedelta(seconds=seconds)
    assert retry_after({"retry-after": value}, NOW) == wanted


def test_retry_after_as_a_date_is_never_negative() -> None:
    assert retry_after({"retry-after": format_datetime(NOW + timedelta(seconds=90))}, NOW) == timedelta(seconds=90)
    assert retry_after({"retry-after": format_datetime(NOW - timedelta(seconds=90))}, NOW) == timedelta(0)
    # A wait of a year is a mistake and is not respected.
    assert retry_after({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, NOW) == LONGEST_WAIT


@pytest.mark.parametrize(
    ("status", "headers", "pause"), [(503, {"Retry-After": "7"}, 7), (429, {"Retry-After": "7"}, 7), (503, {}, None)]
)
async def test_a_named_time_is_for_the_whole_account(status: int, headers: dict[str, str], pause: int | None) -> None:
    error = await failure(Network().on("POST", "/post", answer(status, {}, headers)))
    assert error.pause == (None if pause is None else timedelta(seconds=pause))


def test_every_throttle_is_for_the_whole_account() -> None:
    wait = timedelta(minutes=5)
    pauses = {
        reason: ChannelError(reason, Effect.NOT_SENT, "no", retry_after=wait).pause
        for reason in (Reason.RATE_LIMITED, Reason.PROVIDER_OUTAGE, Reason.DAILY_CAP_REACHED)
    }
    assert pauses == {Reason.RATE_LIMITED: wait, Reason.PROVIDER_OUTAGE: None, Reason.DAILY_CAP_REACHED: None}


async def test_content_may_come_part_by_part() -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    network = Network().on("POST", "/post", ok())
    await over(network).send(
        Request("POST", "https://net.example/post", headers={"content-length": "7"}, content=parts())
    )
    (request,) = network.requests
    assert (request.content, request.headers["content-length"]) == (b"one two", "7")
    assert "transfer-encoding" not in request.headers
