"""Checks URLs strictly: unknown query parameters are refused, and no path is mistaken for another.

A misspelled filter that was ignored would silently return other results.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches

from fastapi import HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.metadata_query import EXAMPLE, is_of_metadata, read_metadata
from api.problems import refused
from munadi.domain.problem import MAX_PROBLEMS, Problem
from munadi.domain.shape import MAX_TOKEN, token_of

# Networks add parameters of their own to the addresses they send a browser back to.
_OPEN = "/v1/oauth/"


async def check_address(request: Request) -> None:
    """A dependency of every route of the API.

    405 where a template fits a path that another route has as its own, as `/v1/contents/{content_id}` fits
    `/v1/contents/validate`. ProblemError 422 for an unknown parameter; it names the nearest one that exists.
    """
    route: APIRoute = request.scope["route"]
    # Of the request: the route of a router inside another lacks the outer one's prefix in its own.
    path: str = request.scope["path"]
    if "{" in route.path and path in request.app.state.written_out:
        raise HTTPException(405)
    if (
        not request.scope["query_string"]
        or not request.query_params
        or not path.startswith("/v1/")
        or path.startswith(_OPEN)
    ):
        return
    known = sorted(set(_parameters(route.dependant)))
    takes_metadata = EXAMPLE in known
    unknown = [
        name
        for name in dict.fromkeys(request.query_params)
        if name not in known and not (takes_metadata and is_of_metadata(name))
    ]
    if unknown:
        problems = [_problem(name, known) for name in unknown[:MAX_PROBLEMS]]
        raise refused(problems, more=len(unknown) - len(problems))


def _parameters(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    if dependant.call is read_metadata:
        yield EXAMPLE
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _problem(name: str, known: Sequence[str]) -> Problem:
    nearest = get_close_matches(name[:MAX_TOKEN], known, n=1)
    message = "there is no such parameter"
    if nearest:
        message += f"; did you mean {nearest[0]}?"
    elif known:
        message += f"; there are {', '.join(known)}"
    return Problem(pointer=f"?{token_of(name)}", code="UNKNOWN_PARAMETER", message=message, rule="unknown_parameter")
