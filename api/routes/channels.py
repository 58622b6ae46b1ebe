"""The catalogue of channels: the limits, media rules and options that the channels apply."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from api.auth import not_found, require
from api.deps import Page
from api.openapi.document import error_responses
from munadi.db.keys.callers import Principal
from munadi.domain.channel import ChannelView
from munadi.domain.key import Scope
from munadi.ports import Channels

router = APIRouter(prefix="/v1/channels", tags=["channels"])
# The catalogue is not secret, but it needs a key like every other route.
AnyKey = Annotated[Principal, Depends(require(*Scope))]


class ChannelCatalogue:
    """The answers about one installation's channels. They never change while it runs: each is built once, then kept."""

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self.kept: dict[str, bytes] = {}

    @cached_property
    def all(self) -> bytes:
        """The JSON of the page with every channel."""
        views = tuple(ChannelView.of(each.spec, each.options) for each in self._channels.by_name.values())
        return Page[ChannelView](data=views).model_dump_json(by_alias=True).encode()

    def one(self, name: str) -> bytes | None:
        """One channel; None if there is no such channel, and nothing is kept then."""
        if name not in self.kept and (found := self._channels.get(name)) is not None:
            view = ChannelView.of(found.spec, found.options)
            self.kept[name] = view.model_dump_json(by_alias=True).encode()
        return self.kept.get(name)


async def _catalogue(request: Request) -> ChannelCatalogue:
    kept: ChannelCatalogue = request.app.state.channel_catalogue
    return kept


Catalogue = Annotated[ChannelCatalogue, Depends(_catalogue)]


@router.get("", operation_id="channels.list", response_model=Page[ChannelView], responses=error_responses(401, 403))
async def list_channels(catalogue: Catalogue, principal: AnyKey) -> Response:
    """Every channel that this installation can publish on."""
    return Response(catalogue.all, media_type="application/json")


@router.get(
    "/{channel}", operation_id="channels.get", response_model=ChannelView, responses=error_responses(401, 403, 404)
)
async def get_channel(
    channel: Annotated[str, Path(description="The network, as `GET /v1/channels` names it.")],
    catalogue: Catalogue,
    principal: AnyKey,
) -> Response:
    """One channel's limits and rules, and the JSON Schema of its `options`."""
    found = catalogue.one(channel)
    if found is None:
        raise not_found("channel", channel)
    return Response(found, media_type="application/json")
