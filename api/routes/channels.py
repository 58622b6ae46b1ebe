"""The catalogue of channels: the limits, media rules and options that the channels apply."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from api.auth import not_found, require
from api.deps import Page, TheServices
from api.openapi import error_responses
from munadi.db.keys.callers import Principal
from munadi.domain.channel import ChannelView
from munadi.domain.key import Scope

router = APIRouter(prefix="/v1/channels", tags=["channels"])
# The catalogue is not secret, but it needs a key like every other route.
AnyKey = Annotated[Principal, Depends(require(*Scope))]


@router.get("", operation_id="channels.list", responses=error_responses(401, 403))
async def list_channels(services: TheServices, principal: AnyKey) -> Page[ChannelView]:
    """Every channel that this installation can publish on."""
    return Page[ChannelView](
        data=tuple(ChannelView.of(each.spec, each.options) for each in services.channels.by_name.values())
    )


@router.get("/{channel}", operation_id="channels.get", responses=error_responses(401, 403, 404))
async def get_channel(channel: str, services: TheServices, principal: AnyKey) -> ChannelView:
    """One channel's limits and rules, and the JSON Schema of its `options`."""
    if channel not in services.channels:
        raise not_found("channel", channel)
    found = services.channels[channel]
    return ChannelView.of(found.spec, found.options)
