"""The form on the page of a post: what its owner or the network does with it after it was published.

The control API does the same (`POST /control/changes`). The form works without a script.
"""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from munadi.sandbox.changes import NoSuchChangeError, let_change
from munadi.sandbox.exchange import root_url
from munadi.sandbox.mishaps import form_of
from munadi.sandbox.state import SandboxState

NAMED = ("channel", "profile", "post")


def change_routes(state: SandboxState, base_url: str | None) -> list[BaseRoute]:
    async def change(request: Request) -> Response:
        form = await form_of(request)
        named = {name: form.get(name, "") for name in NAMED}
        root = root_url(request, base_url)
        post = state.post(root, named["channel"], named["post"], named["profile"])
        if post is None:
            raise HTTPException(404, "post: there is no such post any more; go back to the page")
        control, _, way = form.get("change", "").partition("/")
        try:
            let_change(state.networks[post.channel], post, control, way or None)
        except NoSuchChangeError as refused:
            raise HTTPException(422, f"change: {refused}") from None
        return RedirectResponse("/?" + urlencode(named), 303)

    return [Route("/changes", change, methods=["POST"])]
