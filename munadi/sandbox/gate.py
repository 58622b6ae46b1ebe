"""The entry of an emulated network: it reads the call, applies a planted fault and logs the result.

Order: the fault is chosen, the operation runs (or not), the log learns the effect, then the answer leaves.
A fault of the kind "accepted, then …" is spent only by a call that the network accepted.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from munadi.sandbox import transport
from munadi.sandbox.calls import CallLog, CallRecord
from munadi.sandbox.exchange import Answer, Call, Operation, Refusal
from munadi.sandbox.faults import AFTER_EFFECT, WITHOUT_EFFECT, Fault, FaultBoard, FaultMode
from munadi.sandbox.platform import Platform

MAX_BODY_BYTES = 64 * 1024 * 1024
GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
GATEWAY_ANSWERS = {
    FaultMode.ACCEPT_THEN_502: Answer(502, GATEWAY_PAGE.format("502 Bad Gateway")),
    FaultMode.ACCEPT_THEN_504: Answer(504, GATEWAY_PAGE.format("504 Gateway Time-out")),
}


class BodyTooLargeError(Exception):
    """More bytes than the sandbox is willing to hold."""


class Gate:
    """An ASGI application, mounted at the channel's prefix."""

    def __init__(self, network: Platform[Any], faults: FaultBoard, calls: CallLog, base_url: str | None) -> None:
        self._network = network
        self._faults = faults
        self._calls = calls
        self._base_url = base_url

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            call = await self._read(Request(scope, receive))
        except ClientDisconnect:
            return
        except BodyTooLargeError:
            await PlainTextResponse("request entity too large", 413)(scope, receive, send)
            return
        operation = self._network.operation(call)
        profile = self._network.profile_of(call)
        record = self._calls.open(
            channel=self._network.channel,
            operation=operation.name,
            method=call.method,
            path=f"/{self._network.channel}/{call.path}",
            profile=profile,
            visible=operation.visible,
        )
        names = self._network.profile_names(profile)
        fault = self._faults.take(self._network.channel, operation.name, names)
        await _Exchange(self._network, operation, call, record, scope, receive, send).play(fault, self._faults)

    async def _read(self, request: Request) -> Call:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise BodyTooLargeError
        path = request.url.path.removeprefix(f"/{self._network.channel}")
        base_url = self._base_url or f"{request.url.scheme}://{request.url.netloc}"
        query, headers, content = request.query_params, request.headers, bytes(body)
        slash, channel = path.endswith("/"), self._network.channel
        return Call(request.method, path.strip("/"), query, headers, content, base_url, slash, channel)


@dataclass
class _Exchange:
    """One call and its answer, with the planted fault."""

    network: Platform[Any]
    operation: Operation
    call: Call
    record: CallRecord
    scope: Scope
    receive: Receive
    send: Send

    async def play(self, fault: Fault | None, board: FaultBoard) -> None:
        self.record.fault = fault.id if fault else None
        if fault is not None and fault.mode in WITHOUT_EFFECT:
            await self._fail(fault)
            return
        if fault is not None and fault.mode is FaultMode.DELAY:
            # Slept to the end even if the client leaves: the network has the request and will act on it.
            await asyncio.sleep(fault.delay_seconds)
        answer = await self._run()
        if fault is not None and fault.mode in AFTER_EFFECT:
            if answer.status < 400:
                await self._spoil(fault, answer)
                return
            board.give_back(fault)
            self.record.fault = None
        await self._respond(answer)

    async def _run(self) -> Answer:
        try:
            answer = await self.operation.run(self.call)
        except Refusal as refusal:
            answer = refusal.answer
        self.record.effect = answer.effect
        return answer

    async def _fail(self, fault: Fault) -> None:
        if fault.mode is FaultMode.RESET:
            await transport.reset(self.scope, self.receive)
        elif fault.mode is FaultMode.HANG:
            await transport.wait_until_client_leaves(self.receive)
        else:
            await self._respond(self._planned_error(fault))

    async def _spoil(self, fault: Fault, answer: Answer) -> None:
        match fault.mode:
            case FaultMode.ACCEPT_THEN_RESET:
                await transport.reset(self.scope, self.receive)
            case FaultMode.ACCEPT_THEN_HANG:
                await transport.wait_until_client_leaves(self.receive)
            case FaultMode.ACCEPT_THEN_HALF_BODY:
                await self._respond_half(answer)
            case FaultMode.LIVE_BUT_ERROR:
                await self._respond(self._planned_error(fault))
            case gateway:
                await self._respond(GATEWAY_ANSWERS[gateway])

    def _planned_error(self, fault: Fault) -> Answer:
        if fault.body is not None:
            answer = Answer(fault.status or 500, fault.body)
        else:
            answer = self.network.failure(fault.error or {}, fault.status)
        return Answer(answer.status, answer.body, {**answer.headers, **fault.headers})

    async def _respond(self, answer: Answer) -> None:
        self.record.status = answer.status
        await _response(answer)(self.scope, self.receive, self.send)

    async def _respond_half(self, answer: Answer) -> None:
        response = _response(answer)
        head = {"type": "http.response.start", "status": answer.status, "headers": response.raw_headers}
        await self.send(head)
        half = bytes(response.body)[: len(response.body) // 2]
        await self.send({"type": "http.response.body", "body": half, "more_body": True})
        await transport.close(self.scope, self.receive)


def _response(answer: Answer) -> Response:
    content, content_type = answer.encoded()
    headers = {"content-type": content_type, **{name.lower(): value for name, value in answer.headers.items()}}
    return Response(content, answer.status, headers)
