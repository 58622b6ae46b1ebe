"""What identifies us to servers that know an OAuth client by the address of its metadata, such as Bluesky's.

No key is needed: these servers read it.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api.auth import not_found
from api.deps import TheServices
from api.process.services import Services
from munadi.db.accounts.client_keys import keys_in_use
from munadi.domain.channel import ChannelName
from munadi.ports import KnownByAddress

router = APIRouter(include_in_schema=False)


@router.get("/v1/oauth/{channel}/client-metadata.json")
async def show_metadata(channel: str, services: TheServices) -> Response:
    """The OAuth client metadata, at the address that is our client id."""
    authorizer, base = _known_by_address(channel, services, "client metadata of"), services.settings.base_url
    return JSONResponse(dict(authorizer.metadata(base, f"{base}/v1/oauth/{channel}/callback")))


@router.get("/v1/oauth/{channel}/jwks.json")
async def show_keys(channel: str, services: TheServices) -> Response:
    """The public keys that prove our identity to such servers."""
    authorizer = _known_by_address(channel, services, "public keys of")
    used = await keys_in_use(services.database, ChannelName(channel), services.clock.now())
    return JSONResponse(dict(authorizer.jwks(used)))


def _known_by_address(channel: str, services: Services, what: str) -> KnownByAddress:
    known = {name.value: one for name, one in services.channels.authorizers.items()}
    authorizer = known.get(channel)
    if not isinstance(authorizer, KnownByAddress):
        raise not_found(what, channel)
    return authorizer
