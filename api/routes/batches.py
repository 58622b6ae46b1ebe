"""Several posts in one request: each is accepted or refused for itself."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.bodies.parsing import body_of, described
from api.deps import ContentProposer, TheServices
from api.http.client_disconnect import while_connected
from api.http.problems import ProblemDocument, problem_response, refused, request_id_of, translate
from api.http.quotas import count_call
from api.idempotency import REPLAYED, IdempotencyHeader
from api.openapi.batch_examples import BATCHES, RESULTS
from api.openapi.document import error_responses
from api.openapi.examples import shows
from api.process.services import Services
from munadi.db.keys.callers import Principal, brand_calls
from munadi.domain.content import ContentView
from munadi.domain.model import WireModel
from munadi.domain.usage import Month
from munadi.intake.bodies import read_sent
from munadi.intake.requests import ContentBatch
from munadi.publishing.batches import BatchResult, Count, Refusal

router = APIRouter(prefix="/v1/contents", tags=["contents"])


class BatchEntry(WireModel):
    """The result of one post of a batch."""

    index: int = Field(description="The place of the post in `contents`, from 0.")
    status: int = Field(description="What `POST /v1/contents` answers: 202 accepted, 422 refused, 429, 503 …")
    content: ContentView | None = Field(description="The accepted post; null if it was refused.")
    problem: ProblemDocument | None = Field(
        description="Why it was refused, with pointers into this post; null if it was accepted."
    )


class BatchResults(WireModel):
    """The results of a batch."""

    results: tuple[BatchEntry, ...] = Field(description="One for each post, in the order of the request.")


@router.post(
    "/batch",
    operation_id="contents.createBatch",
    summary="Accept several posts",
    response_model=BatchResults,
    responses={**shows(200, RESULTS), **error_responses(400, 401, 403, 409, 413, 415, 422)},
    openapi_extra=described(ContentBatch, BATCHES),
)
async def create_contents(
    request: Request, services: TheServices, principal: ContentProposer, idempotency: IdempotencyHeader
) -> Response:
    """Accept up to 100 posts, each for itself: one that is refused does not stop the others. One Idempotency-Key is
    for the whole. A repeated request returns the same results, creates no post twice, and tries posts again whose
    status was 403, 409, 429 or 5xx. Each post counts as one API call."""
    sent, problems = read_sent(body_of(request), ContentBatch)
    if problems:
        raise refused(problems)
    count = await _counting(request, services, principal, sent.contents)

    def refuse(error: Exception) -> Refusal:
        problem = translate(error)
        response = problem_response(problem, path=request.url.path, request_id=request_id_of(request.scope))
        return Refusal(
            problem.status,
            bytes(response.body),
            is_lasting=problem.status == 422,
            ends_batch=problem.code == "DATABASE_UNAVAILABLE",
        )

    accepting = services.batches.accept(sent.contents, principal, idempotency, count, refuse)
    answer = await while_connected(request, accepting)
    body = b",".join(_entry(index, result) for index, result in enumerate(answer.results))
    headers = {REPLAYED: "true"} if answer.is_repeated else {}
    return Response(b'{"results":[' + body + b"]}", headers=headers, media_type="application/json")


async def _counting(request: Request, services: Services, principal: Principal, sent: Sequence[Any]) -> Count:
    """Counts each post for its brand. The request itself was counted for a key's own brand: that is its first post."""
    own = principal.only_brand
    if own is not None:
        brands = {} if principal.calls is None else {own: principal.calls}
    else:
        named = {ref for one in sent if isinstance(one, dict) and isinstance(ref := one.get("brandRef"), str)}
        visible = {ref for ref in named if principal.may_see(ref)}
        brands = await brand_calls(services.database, visible, Month.of(services.clock.now()))
    # A key for more than one brand may name the brand of the call in the query, which is counted for itself.
    is_counted = own is not None and principal.calls is not None

    async def count(brand_ref: str | None) -> None:
        nonlocal is_counted
        if is_counted:
            is_counted = False
            return
        await count_call(request, services, brands.get(own or brand_ref or ""), limited=True)

    return count


def _entry(index: int, result: BatchResult) -> bytes:
    """An entry around the JSON that is stored, so that a repetition has the same bytes."""
    content, problem = (result.body, b"null") if result.is_accepted else (b"null", result.body)
    begin = json.dumps({"index": index, "status": result.status}, separators=(",", ":"))
    return begin[:-1].encode() + b',"content":' + content + b',"problem":' + problem + b"}"
