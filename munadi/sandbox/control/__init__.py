"""The control API under `/control`: what a test sets up, and what it reads afterwards.

docs/sandbox.md is its reference: every call, the faults and their modes, the operations of each network. A post was
published by a call whose `visible` and `effect` are both true.
"""

from __future__ import annotations

from fastapi import APIRouter

from munadi.sandbox.control import conditions, profiles, reports
from munadi.sandbox.state import SandboxState


def control_router(state: SandboxState, base_url: str | None) -> APIRouter:
    router = APIRouter(prefix="/control")
    reports.add_routes(router, state, base_url)
    conditions.add_routes(router, state)
    profiles.add_routes(router, state, base_url)
    return router
