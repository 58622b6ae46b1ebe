"""Channels whose calls raise nothing but ChannelError, whatever their network answers: the same rule for all of them.

A field of another type deep inside, a number too large for a date, a text that cannot be encoded: no channel foresees
every answer. Each call of a channel passes through here, so an unforeseen answer has one meaning everywhere:
*unknown* once the visible call has passed its gate, and an outage with nothing sent before.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar, cast

from munadi.channels.bounded import bound_error, require_bounds, require_state
from munadi.domain.account import ConnectedAccount
from munadi.domain.channel import SLOWEST_UPLINK, ChannelSpec
from munadi.domain.content import Draft
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.server import server_of
from munadi.outbound.callers import calling_brand, calling_for
from munadi.outbound.host_calls import HostCalls
from munadi.ports import AccountImport, Gate, SaveHandle, VisibleStep

log = logging.getLogger("munadi.channels")

Port = TypeVar("Port")
# Seconds for a whole operation of several calls that a person waits for, each of which has its own deadline.
TIME_LIMITS = {"verify": 20.0, "begin": 20.0, "exchange": 20.0, "revoke": 20.0}


def contained(port: Port, spec: ChannelSpec, calls: HostCalls) -> Port:
    """A Channel or an Authorizer whose awaited methods raise ChannelError alone, or what `save` itself raises.

    Each takes one of the `calls` that its brand and its server may have.
    """
    return cast(Port, _Contained(port, spec, calls))


class _Contained:
    """Wraps the awaited methods; everything else is the port's own."""

    def __init__(self, port: Any, spec: ChannelSpec, calls: HostCalls) -> None:
        self._port, self._spec, self._calls = port, spec, calls

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The port's, so that `isinstance` sees the protocols that it implements."""
        return type(self._port)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._port, name)
        if not inspect.iscoroutinefunction(value):
            return value
        return _contained(value, self._spec, self._calls, TIME_LIMITS.get(name))


@dataclass
class _Effects:
    """What a call did by what it was given: whether its gate opened, and the error that its `save` raised."""

    gate_passed: bool = False
    save_error: Exception | None = None

    def watch(self, arguments: dict[str, Any]) -> None:
        """Put watched ones in place of the step and the save among a call's arguments."""
        if isinstance(step := arguments.get("step"), VisibleStep):
            arguments["step"] = replace(step, gate=self._gate(step.gate))
        if "save" in arguments:
            arguments["save"] = self._save(arguments["save"])

    def _gate(self, gate: Gate) -> Gate:
        def watched() -> None:
            gate()
            self.gate_passed = True

        return watched

    def _save(self, save: SaveHandle) -> SaveHandle:
        async def watched(state: dict[str, Any], *, ready: bool = False, expires_at: datetime | None = None) -> None:
            require_state(state)
            try:
                await save(state, ready=ready, expires_at=expires_at)
            except Exception as error:
                self.save_error = error
                raise

        return watched


def _contained(
    call: Callable[..., Awaitable[Any]], spec: ChannelSpec, calls: HostCalls, seconds: float | None
) -> Callable[..., Awaitable[Any]]:
    signature = inspect.signature(call)

    @wraps(call)
    async def inside(*args: Any, **kwargs: Any) -> Any:
        effects, arguments = _Effects(), signature.bind(*args, **kwargs).arguments
        effects.watch(arguments)
        try:
            async with _place(spec, calls, arguments), asyncio.timeout(seconds):
                result = await call(**arguments)
                require_bounds(result)
                return result
        except ChannelError as error:
            bound_error(error)
            raise
        except Exception as error:
            if error is effects.save_error:
                raise
            raise _unforeseen(error, call.__name__, spec.title, effects.gate_passed) from error

    return inside


@asynccontextmanager
async def _place(spec: ChannelSpec, calls: HostCalls, arguments: Mapping[str, Any]) -> AsyncIterator[None]:
    """The place of a call with these arguments, for its brand. Raises ChannelError, before anything is sent."""
    owner, draft = arguments.get("account") or arguments.get("given"), arguments.get("draft")
    brand_ref = owner.brand_ref if isinstance(owner, ConnectedAccount) else calling_brand()
    spare = draft.media_bytes / SLOWEST_UPLINK if isinstance(draft, Draft) else 0.0
    with calling_for(brand_ref or None):
        if isinstance(owner, ConnectedAccount | AccountImport):
            async with calls.call(brand_ref or "", server_of(spec, owner.service_url), spare):
                yield
        else:
            yield


def _unforeseen(error: Exception, name: str, title: str, gate_passed: bool) -> ChannelError:
    if isinstance(error, TimeoutError):
        message = f"{title}: the network's answers took too long"
        return ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, message, provider_code="DEADLINE")
    log.error("%s of %s failed unexpectedly", name, title, exc_info=error)
    return ChannelError(
        Reason.PROVIDER_OUTAGE,
        Effect.UNKNOWN if gate_passed else Effect.NOT_SENT,
        f"{title}: the network's answer could not be understood",
        provider_code=type(error).__name__,
    )
