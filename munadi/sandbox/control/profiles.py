"""Profiles and their credentials: create, list, change status, expire, revoke, renew."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request

from munadi.sandbox.control.lookup import network_of, profile_of
from munadi.sandbox.control.models import Expiry, NewProfile, ProfileChange, Revocation, camel
from munadi.sandbox.control.reports import root_url
from munadi.sandbox.platform import UnsupportedError
from munadi.sandbox.state import SandboxState


def add_routes(router: APIRouter, state: SandboxState, base_url: str | None) -> None:
    @router.post("/profiles", status_code=201)
    async def create(profile: NewProfile, request: Request) -> dict[str, Any]:
        network, url = network_of(state, profile.channel), root_url(request, base_url)
        if profile.beside is None:
            return network.create_profile(profile.name, url)
        try:
            return network.create_beside(profile_of(network, profile.beside), profile.name, url)
        except UnsupportedError as error:
            raise HTTPException(422, str(error)) from error

    @router.get("/profiles")
    async def profiles() -> list[dict[str, str]]:
        return [camel(profile) for network in state.networks.values() for profile in network.profiles()]

    @router.patch("/profiles/{channel}/{profile}")
    async def change(channel: str, profile: str, wanted: ProfileChange) -> dict[str, str]:
        network = network_of(state, channel)
        profile_id = profile_of(network, profile)
        if wanted.status not in network.statuses:
            raise HTTPException(422, f"unknown status; there are {', '.join(sorted(network.statuses))}")
        network.set_status(profile_id, wanted.status)
        return next(camel(view) for view in network.profiles() if view.id == profile_id)

    @router.post("/profiles/{channel}/{profile}/credentials")
    async def renew(channel: str, profile: str, request: Request) -> dict[str, Any]:
        network = network_of(state, channel)
        return network.renew_credentials(profile_of(network, profile), root_url(request, base_url))

    @router.post("/tokens/expire")
    async def expire(expiry: Expiry) -> dict[str, str]:
        network = network_of(state, expiry.channel)
        network.expire_tokens(profile_of(network, expiry.profile), expiry.which)
        return {"status": "ok"}

    @router.post("/tokens/revoke")
    async def revoke(revocation: Revocation) -> dict[str, str]:
        network = network_of(state, revocation.channel)
        network.revoke_tokens(profile_of(network, revocation.profile), revocation.subcode)
        return {"status": "ok"}
