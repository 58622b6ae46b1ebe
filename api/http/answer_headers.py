"""Headers for every response to a request, also to a refused one; `api.http.edge` sends them."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request


def add_headers(request: Request, headers: Mapping[str, str]) -> None:
    """Add them to the response, whatever it will be."""
    before: Mapping[str, str] = getattr(request.state, "answer_headers", {})
    request.state.answer_headers = {**before, **headers}
