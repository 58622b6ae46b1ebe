"""The entry of an emulated network: it reads the call, applies a planted fault and logs the result.

Order: the fault is chosen, the operation runs (or not), the log learns the effect, then the answer leaves.
A fault of the kind "accepted, then …" is spent only by a call that the network accepted.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from munadi.sandbox import transport
from munadi.sandbox.clock import called_for, wall_time
from munadi.sandbox.exchange import Answer, Call, CallRecord, Operation, Refusal, root_url
from munadi.sandbox.faults import AFTER_EFFECT, WITHOUT_EFFECT, Fault, FaultBoard, FaultMode
from munadi.sandbox.platform import Platform
from munadi.sandbox.sockets import answer_frames, call_of, frames

# Who calls for a test brand names it.
BRAND_HEADER = "sandbox-brand"
MAX_BODY_BYTES = 64 * 1024 * 1024
GATEWAY_PAGE = "<html><head><title>{0}</title></head><body><center><h1>{0}</h1></center></body></html>"
GATEWAY_ANSWERS = {
    FaultMode.ACCEPT_THEN_502: Answer(502, GATEWAY_PAGE.format("502 Bad Gateway")),
    FaultMode.ACCEPT_THEN_504: Answer(504, GATEWAY_PAGE.format("504 Gateway Time-out")),
}
CUTS = {
    FaultMode.RESET: transport.reset,
    FaultMode.ACCEPT_THEN_RESET: transport.reset,
    FaultMode.HANG: transport.hold,
    FaultMode.ACCEPT_THEN_HANG: transport.hold,
}


Witness = Callable[[Call, Answer], None]  # gets every call that a network answered, before a fault loses the answer


class BodyTooLargeError(Exception):
    """More bytes than the sandbox is willing to hold."""


class Gate:
    """An ASGI application, mounted at the channel's prefix."""

    def __init__(
        self,
        network: Platform[Any],
        faults: FaultBoard,
        calls: deque[CallRecord],
        base_url: str | None,
        witness: Witness | None = None,
    ) -> None:
        self._network, self._faults, self._calls, self._base_url = network, faults, calls, base_url
        self._witness = witness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._converse(scope, receive, send)
            return
        try:
            call = await self._read(Request(scope, receive))
        except ClientDisconnect:
            return
        except BodyTooLargeError:
            await PlainTextResponse("request entity too large", 413)(scope, receive, send)
            return
        brand = call.headers.get(BRAND_HEADER)
        with called_for(brand):
            answer, fault, record = await self._called(call, brand)
            if fault is not None and fault.mode in CUTS:
                await CUTS[fault.mode](scope, receive)
            elif fault is not None and fault.mode is FaultMode.ACCEPT_THEN_HALF_BODY:
                await _send_half(answer, scope, receive, send)
            else:
                record.status = answer.status
                await answer.response()(scope, receive, send)

    async def _converse(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A websocket: each frame is a call. Half an answer is none here."""
        async for frame in frames(receive, send):
            call = call_of(scope, frame, self._network.channel, self._base_url)
            brand = call.headers.get(BRAND_HEADER)
            with called_for(brand):
                answer, fault, record = await self._called(call, brand)
            mode = fault.mode if fault is not None else None
            if mode in CUTS or mode is FaultMode.ACCEPT_THEN_HALF_BODY:
                await CUTS.get(mode, transport.reset)(scope, receive)
                return
            record.status = answer.status
            if not await answer_frames(answer, send):
                return

    async def _called(self, call: Call, brand: str | None) -> tuple[Answer, Fault | None, CallRecord]:
        """The answer to a call, the fault that acted on it, and its line in the log."""
        network, operation = self._network, self._network.operation(call)
        profile, path = network.profile_of(call), network.logged_path(call)
        # Logged at arrival: a call that hangs is already in the log.
        record = CallRecord(wall_time(), network.channel, operation.name, call.method, path, profile, operation.visible)
        record.brand = brand
        self._calls.append(record)
        names = network.profile_names(profile)
        fault = self._faults.take(network.channel, operation.name, names, visible=operation.visible, brand=brand)
        answer, fault = await self._played(call, operation, record, fault)
        record.fault = fault.id if fault else None
        return answer, fault, record

    async def _read(self, request: Request) -> Call:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise BodyTooLargeError
        path, channel = request.url.path.removeprefix(f"/{self._network.channel}"), self._network.channel
        base_url, slash = root_url(request, self._base_url), path.endswith("/")
        query, headers = request.query_params, request.headers
        target = f"{request.scope.get('raw_path', b'').decode('latin-1')}?{request.url.query}"
        return Call(request.method, path.strip("/"), query, headers, bytes(body), base_url, slash, channel, target)

    async def _played(
        self, call: Call, operation: Operation, record: CallRecord, fault: Fault | None
    ) -> tuple[Answer, Fault | None]:
        """The answer, and the fault that acted on the call; the log has the effect."""
        if fault is not None:
            record.fault = fault.id
            if fault.mode in WITHOUT_EFFECT:
                return self._planned(fault), fault
            if fault.mode is FaultMode.DELAY:
                # Slept to the end even if the client leaves: the network has the request and will act on it.
                await asyncio.sleep(fault.delay_seconds)
        try:
            answer = await operation.run(call)
        except Refusal as refusal:
            answer = refusal.answer
        record.effect = answer.effect
        if self._witness is not None:
            self._witness(call, answer)
        if fault is None or fault.mode not in AFTER_EFFECT:
            return answer, fault
        if answer.status >= 400:
            fault.hits -= 1  # the network refused the call, so the fault applies to the next one
            return answer, None
        if fault.mode is FaultMode.LIVE_BUT_ERROR:
            return self._planned(fault), fault
        return GATEWAY_ANSWERS.get(fault.mode, answer), fault

    def _planned(self, fault: Fault) -> Answer:
        if fault.body is not None:
            answer = Answer(fault.status or 500, fault.body)
        else:
            answer = self._network.failure(fault.error or {}, fault.status)
        return Answer(answer.status, answer.body, {**answer.headers, **fault.headers})


async def _send_half(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    response = answer.response()
    await send({"type": "http.response.start", "status": answer.status, "headers": response.raw_headers})
    half = bytes(response.body)[: len(response.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    await transport.close(scope, receive)
