"""A foreign request as a request of ours, and where each of its fields came from.

A problem points into our request. A foreign client knows its own fields only, so `places` leads back to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem, ProblemsFound

Places = Mapping[str, str]


@dataclass(frozen=True)
class Translated:
    """A post as `POST /v1/contents` takes it. `key`: the request's idempotency key, if it has one. `is_proposal`: it
    asks for an approval."""

    content: dict[str, Any]
    places: Places = field(default_factory=dict)
    key: str | None = None
    is_proposal: bool = False


def back(error: ProblemsFound, places: Places) -> ProblemsFound:
    """The same problems, with the names of the foreign request."""
    return ProblemsFound([_back(each, places) for each in error.problems], error.warnings, more=error.more)


def _back(problem: Problem, places: Places) -> Problem:
    pointer = problem.pointer
    while pointer and pointer not in places:
        pointer = pointer.rpartition("/")[0]
    if not pointer:
        return problem
    return problem.model_copy(update={"pointer": places[pointer] + problem.pointer[len(pointer) :]})


def media_of(url: str, base_url: str) -> dict[str, Any]:
    """A file of a request: by its id where the address is one that an upload through a door answered, else fetched.

    Such an address ends in the id (`upload_url` in `service.py`). Our own files are never fetched from ourselves.
    """
    parts = urlsplit(url) if url.startswith(f"{base_url}/media/") else None
    name = parts.path.rpartition("/")[2].partition(".")[0] if parts else ""
    return {"id": name} if is_id(name, Prefix.MEDIA) else {"url": url}


def problem(pointer: str, code: str, message: str) -> Problem:
    """A problem at a field of the foreign request."""
    return Problem(pointer=pointer, code=code, message=message, rule=code.lower())


def raise_if_any(problems: Sequence[Problem]) -> None:
    """ProblemsFound where there are problems."""
    if problems:
        raise ProblemsFound(list(problems))
