"""How errors read where a request is one of many: the rows of an import."""

from __future__ import annotations

from api.http.problems import problem_response, translate
from munadi.publishing.batches import Refusal

PLACE = "/v1/imports"


def refusal_of_row(error: Exception) -> Refusal:
    """The problem that `POST /v1/contents` would answer."""
    problem = translate(error)
    response = problem_response(problem, path=PLACE, request_id="")
    return Refusal(problem.status, bytes(response.body), is_lasting=problem.status == 422)
