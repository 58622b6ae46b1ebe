"""The conditions of a test: faults, the clock, delays, limits, switches and addresses."""

from __future__ import annotations

from typing import Any, TypeVar

from fastapi import APIRouter, HTTPException, Response

from munadi.sandbox.clock import iso
from munadi.sandbox.control.lookup import network_of, profile_of, require_operation
from munadi.sandbox.control.models import Address, ClockShift, Delay, Limit, NewFault, Switch, camel
from munadi.sandbox.faults import Fault
from munadi.sandbox.state import SandboxState

Value = TypeVar("Value")


def add_routes(router: APIRouter, state: SandboxState) -> None:
    _add_faults(router, state)
    _add_clock(router, state)
    _add_settings(router, state)


def _add_faults(router: APIRouter, state: SandboxState) -> None:
    @router.post("/faults", status_code=201)
    async def plant(fault: NewFault) -> dict[str, Any]:
        network = network_of(state, fault.channel)
        require_operation(network, fault.operation)
        if fault.profile is not None:
            profile_of(network, fault.profile)
        return camel(state.faults.plant(Fault(**fault.model_dump())))

    @router.get("/faults")
    async def faults() -> list[dict[str, Any]]:
        return [camel(fault) for fault in state.faults.listed()]

    @router.delete("/faults", status_code=204, response_class=Response)
    async def remove_all() -> None:
        state.faults.clear()

    @router.delete("/faults/{fault_id}", status_code=204, response_class=Response)
    async def remove(fault_id: str) -> None:
        if not state.faults.remove(fault_id):
            raise HTTPException(404, f"no fault {fault_id}")


def _add_clock(router: APIRouter, state: SandboxState) -> None:
    def now() -> dict[str, Any]:
        return {"now": iso(state.clock.now()), "shiftSeconds": state.clock.shift_seconds}

    @router.get("/clock")
    async def clock() -> dict[str, Any]:
        return now()

    @router.post("/clock")
    async def advance(shift: ClockShift) -> dict[str, Any]:
        state.clock.advance(shift.advance_seconds)
        return now()


def _add_settings(router: APIRouter, state: SandboxState) -> None:
    @router.get("/settings")
    async def settings() -> dict[str, Any]:
        return {
            network.channel: {"delays": network.delays, "limits": network.limits, "switches": network.switches}
            for network in state.networks.values()
        }

    @router.put("/addresses")
    async def address(change: Address) -> dict[str, str]:
        for network in state.networks.values():
            network.addresses[change.public] = change.local
        return {change.public: change.local}

    @router.put("/delays")
    async def delay(change: Delay) -> dict[str, float]:
        return _set(network_of(state, change.channel).delays, change.kind, change.seconds)

    @router.put("/limits")
    async def limit(change: Limit) -> dict[str, int]:
        return _set(network_of(state, change.channel).limits, change.kind, change.value)

    @router.put("/switches")
    async def switch(change: Switch) -> dict[str, bool]:
        return _set(network_of(state, change.channel).switches, change.kind, change.enabled)


def _set(settings: dict[str, Value], kind: str, value: Value) -> dict[str, Value]:
    if kind not in settings:
        raise HTTPException(422, f"unknown kind {kind!r}; there are {', '.join(sorted(settings))}")
    settings[kind] = value
    return settings
