"""Checks URLs strictly: unknown query parameters are refused, and no path is mistaken for another.

A misspelled filter that was ignored would silently return other results, and so would one of two values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import get_args, get_origin

from fastapi import HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from api.http.metadata_query import EXAMPLE, is_of_metadata, read_metadata
from api.http.problems import refused
from munadi.domain.problem import MAX_PROBLEMS, Problem
from munadi.domain.shape import MAX_TOKEN, token_of

# Networks add parameters of their own to the addresses they send a browser back to.
_OPEN = "/v1/oauth/"


async def check_address(request: Request) -> None:
    """A dependency of every route of the API.

    405 where a template fits a path that another route has as its own, as `/v1/contents/{content_id}` fits
    `/v1/contents/validate`. ProblemError 422 for an unknown parameter, where it names the nearest one that exists, and
    for a parameter of one value that is given twice.
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
    takes_several = dict(_parameters(route.dependant))
    known = sorted(takes_several)
    takes_metadata = EXAMPLE in known
    unknown = [
        name
        for name in dict.fromkeys(request.query_params)
        if name not in known and not (takes_metadata and is_of_metadata(name))
    ]
    sent = Counter(name for name, _ in request.query_params.multi_items())
    repeated = [name for name, count in sent.items() if count > 1 and not takes_several.get(name, True)]
    if unknown or repeated:
        problems = [_problem(name, known) for name in unknown[:MAX_PROBLEMS]]
        problems += [_repeated(name, sent[name]) for name in repeated[: MAX_PROBLEMS - len(problems)]]
        raise refused(problems, more=len(unknown) + len(repeated) - len(problems))


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """The names of the query's parameters, and whether each may be given several times."""
    for field in dependant.query_params:
        kind = field.field_info.annotation
        yield field.alias, any(get_origin(each) is list for each in (kind, *get_args(kind)))
    if dependant.call is read_metadata:
        yield EXAMPLE, True
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _repeated(name: str, count: int) -> Problem:
    message = "give this parameter once: which of its values is meant is unclear"
    pointer, rule = f"?{token_of(name)}", "repeated_parameter"
    return Problem(pointer=pointer, code="REPEATED_PARAMETER", message=message, rule=rule, limit=1, actual=count)


def _problem(name: str, known: Sequence[str]) -> Problem:
    nearest = get_close_matches(name[:MAX_TOKEN], known, n=1)
    message = "there is no such parameter"
    if nearest:
        message += f"; did you mean {nearest[0]}?"
    elif known:
        message += f"; there are {', '.join(known)}"
    return Problem(pointer=f"?{token_of(name)}", code="UNKNOWN_PARAMETER", message=message, rule="unknown_parameter")
