"""Postiz's door: the calls of its public API that concern posts, files and integrations, under `/public/v1`.

Source, read in autumn 2026: github.com/gitroomhq/postiz-app, `PublicIntegrationsController` in
`apps/backend/src/public-api/routes/v1` (paths and answers), and the classes that it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter, ValidationError

from api.auth import require
from api.bodies.parsing import body_of
from api.deps import ContentProposer, ContentReader, DraftWriter, TheServices
from api.doors.calls import brand_of, fetch_upload, keep_upload, key_of, prints_of
from api.http.client_disconnect import while_connected
from api.http.door import Door, Json
from api.process.services import Services
from munadi.db.answers import NotVisible
from munadi.db.contents.content_filter import ContentFilter
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.domain.door import DoorName
from munadi.domain.ids import Prefix, is_id
from munadi.domain.key import Scope
from munadi.domain.slots import QueueName
from munadi.domain.time import Instant
from munadi.doors import postiz_answers as answers
from munadi.doors.postiz import DRAFT, SCHEDULE, read_posts
from munadi.doors.translated import problem, raise_if_any
from munadi.intake.requests import DraftCreate

router = APIRouter(prefix="/public/v1", include_in_schema=False)
AccountReader = Annotated[Principal, Depends(require("accounts:read", "contents:propose"))]
UPLOAD = "/public/v1/upload"
MOST = 500
# How far ahead free times are looked for.
AHEAD = timedelta(days=62)
_INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)


@router.get("/is-connected")
async def is_connected(request: Request, services: TheServices, principal: AccountReader) -> JSONResponse:
    """Whether the key works, as n8n tests a credential."""
    await brand_of(request, services, principal)
    return JSONResponse({"connected": True})


@router.get("/integrations")
async def list_integrations(request: Request, services: TheServices, principal: AccountReader) -> JSONResponse:
    """The brand's accounts."""
    accounts = await services.doors.accounts(await brand_of(request, services, principal))
    return JSONResponse([answers.integration(each) for each in accounts])


@router.post("/posts")
async def create_posts(request: Request, services: TheServices, principal: DraftWriter) -> JSONResponse:
    """Store posts, together or not at all. A draft needs `drafts:write` alone."""
    brand_ref = await brand_of(request, services, principal)
    sent = body_of(request)
    accounts = answers.by_id(await services.doors.accounts(brand_ref))
    specs = {name: channel.spec for name, channel in services.channels.by_name.items()}
    translated = read_posts(sent, brand_ref, accounts, specs, services.settings.base_url)
    prints = prints_of(request, services, translated.content)
    if sent["type"] == DRAFT:
        key = IdempotencyKey(key_of(request) or prints[0], prints)
        whole = DraftCreate.model_validate({"brandRef": brand_ref})
        saving = services.drafts.create(translated.content, whole, [], principal, key)
        answer = await while_connected(request, saving)
        return JSONResponse(answers.drafted(answer.identity["id"], translated.content), 201)
    require_proposer(principal)
    accepting = services.doors.accept(translated, principal, prints, key_of(request))
    return JSONResponse(answers.created(await while_connected(request, accepting)), 201)


@router.get("/posts")
async def list_posts(request: Request, services: TheServices, principal: ContentReader) -> JSONResponse:
    """Posts and drafts between `startDate` and `endDate`."""
    brand_ref, query = await brand_of(request, services, principal), request.query_params
    since, until = _instant(query, "startDate"), _instant(query, "endDate")
    accounts = answers.by_id(await services.doors.accounts(brand_ref))
    wanted = ContentFilter(brand_ref=brand_ref, since=since, until=until + timedelta(microseconds=1) if until else None)
    shown = [each for view in await services.doors.list(wanted, MOST) for each in answers.posts(view, accounts)]
    drafts, _ = await services.drafts.list(brand_ref, limit=100, before=None)
    for draft in drafts:
        found = answers.draft_posts(draft, accounts)
        shown += [each for each in found if answers.in_range(each["publishDate"], since, until)]
    return JSONResponse({"posts": shown})


@router.delete("/posts/group/{post_id}")
@router.delete("/posts/{post_id}")
async def delete_posts(post_id: str, services: TheServices, principal: DraftWriter) -> JSONResponse:
    """Delete a draft, or cancel what waits of a post, with its whole group. What is live stays, as with Postiz."""
    if is_id(post_id, Prefix.SAVED_DRAFT):
        await services.drafts.delete(post_id, principal, None)
        return JSONResponse({"id": post_id, "success": True, "message": "deleted"})
    require_proposer(principal)
    view = await services.doors.cancel(await _content_of(post_id, services, principal), principal)
    live = [each.channel for each in view.publications if each.status.value == "published"]
    message = "canceled" if not live else f"canceled what waited; live on {', '.join(live)}"
    return JSONResponse({"id": post_id, "success": True, "message": message})


@router.put("/posts/{post_id}/status")
async def change_status(
    post_id: str, request: Request, services: TheServices, principal: ContentProposer
) -> JSONResponse:
    """Schedule a draft: it becomes a post, and has another id then."""
    sent = body_of(request)
    if not isinstance(sent, dict) or sent.get("status") != SCHEDULE or not is_id(post_id, Prefix.SAVED_DRAFT):
        message = "only a draft (drf_…) can change its status, and only to schedule"
        raise_if_any([problem("/status", "NOT_EXPRESSIBLE", message)])
    submitting = services.drafts.submit(post_id, principal, IdempotencyKey(None, ()), None)
    answer = await while_connected(request, submitting)
    view = await services.doors.get(answer.identity["id"], principal)
    return JSONResponse({"id": view.publications[0].id, "state": "QUEUE", "posts": answers.created(view)})


@router.get("/find-slot/{account_id}")
async def find_slot(account_id: str, request: Request, services: TheServices, principal: ContentReader) -> JSONResponse:
    """The next free time of the account's own queue, or of the brand's. It is not taken: another post may take it."""
    brand_ref = await brand_of(request, services, principal)
    accounts = answers.by_id(await services.doors.accounts(brand_ref))
    if account_id not in accounts:
        raise NotVisible("integration", account_id)
    slots = (await services.queues.get(brand_ref, principal)).slots
    own = account_id if any(each.account_id == account_id for each in slots) else None
    until = services.clock.now() + AHEAD
    times = await services.queues.times(brand_ref, QueueName(account_id=own), principal, None, until)
    free = next((each.at for each in times.data if each.content_id is None), None)
    if free is None:
        message = "the brand has no free time within two months; set its weekly times (docs/guides/planning.md)"
        raise_if_any([problem("", "NO_FREE_SLOT", message)])
    assert free is not None
    return JSONResponse({"date": answers.iso(free)})


@router.post("/upload")
async def upload(request: Request, services: TheServices, principal: DraftWriter) -> JSONResponse:
    """Store the file of a form."""
    brand_ref = await brand_of(request, services, principal)
    if "boundary" not in request.scope["state"]:
        raise_if_any([problem("/file", "MISSING_FIELD", "send the file in a multipart form, in the field file")])
    view, _ = await keep_upload(request, services, principal, brand_ref, frozenset())
    return JSONResponse(answers.file(view, services.doors.upload_url(view)), 201)


@router.post("/upload-from-url")
async def upload_from_url(request: Request, services: TheServices, principal: DraftWriter) -> JSONResponse:
    """Fetch a file and store it."""
    brand_ref = await brand_of(request, services, principal)
    sent = body_of(request)
    url = sent.get("url") if isinstance(sent, dict) else None
    view = await fetch_upload(request, services, principal, brand_ref, url)
    return JSONResponse(answers.file(view, services.doors.upload_url(view)), 201)


def failure(document: Mapping[str, Any]) -> Json:
    """One of our problems, with the fields in which Postiz's clients look for words: `msg` and `message`."""
    found = [f"{each['pointer'].removeprefix('/').replace('/', '.')}: {each['message']}" for each in document["errors"]]
    own = {"statusCode": document["status"], "error": document["code"], "requestId": document["requestId"]}
    return {**own, "msg": "; ".join(found) or document["detail"], "message": found or [document["detail"]]}


def require_proposer(principal: Principal) -> None:
    """ScopeMissing for a key that may only prepare drafts."""
    principal.require(Scope.CONTENTS_PROPOSE)


async def _content_of(post_id: str, services: Services, principal: Principal) -> str:
    """The id of the post to which a post of Postiz's, a publication, belongs."""
    if not is_id(post_id, Prefix.PUBLICATION):
        return post_id
    return await services.doors.content_of(post_id, principal)


def _instant(query: Mapping[str, str], name: str) -> Any:
    try:
        return _INSTANT.validate_python(query[name]) if query.get(name) else None
    except ValidationError:
        raise_if_any([problem(f"/{name}", "INVALID_FIELD", "a time such as 2027-01-15T09:00:00Z")])


DOOR = Door(DoorName.POSTIZ, "/public/v1/", frozenset({UPLOAD}), failure, keys_are_raw=True)
