"""Ayrshare's door: the calls of `https://api.ayrshare.com/api` that concern posts, files and the profile.

Sources, read in autumn 2026: www.ayrshare.com/docs/apis/post/post, …/post/delete-post, …/history/get-history,
…/history/get-history-id, …/media/upload-media, …/user/profile-details, …/post/get-post. The older paths `/delete` and
`/upload` are what `social-post-api` on PyPI and npm still call.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import TypeAdapter, ValidationError

from api.auth import require
from api.bodies.parsing import body_of
from api.deps import ContentProposer, ContentReader, DraftWriter, TheServices
from api.doors.calls import brand_of, keep_data_uri, keep_upload, key_of, prints_of, settled
from api.http.client_disconnect import while_connected
from api.http.door import Door, Json
from munadi.db.contents.content_filter import ContentFilter
from munadi.db.keys.callers import Principal
from munadi.domain.door import DoorName
from munadi.domain.time import Instant
from munadi.doors import ayrshare_answers as answers
from munadi.doors.ayrshare import RENAMED, network_of, read_post
from munadi.doors.service import has_ended, is_leaving
from munadi.doors.translated import problem, raise_if_any

router = APIRouter(prefix="/api", include_in_schema=False)
AccountReader = Annotated[Principal, Depends(require("accounts:read", "contents:propose"))]
UPLOADS = ("/api/media/upload", "/api/upload")
_TEXTS = frozenset({"fileName", "description"})
MOST, USUAL, DAYS = 500, 25, 30
_INSTANT: TypeAdapter[Any] = TypeAdapter(Instant)
_NAMED_LIST = re.compile(r"platforms?(\[\d*\])?")


@router.post("/post")
async def create_post(request: Request, services: TheServices, principal: ContentProposer) -> JSONResponse:
    """Store a post. One for now is waited for, so that the answer has its address once it is live."""
    brand_ref = await brand_of(request, services, principal)
    connected = [each.channel for each in await services.doors.accounts(brand_ref)]
    translated = read_post(body_of(request), brand_ref, connected, services.settings.base_url)
    prints = prints_of(request, services, translated.content)
    accepting = services.doors.accept(translated, principal, prints, key_of(request))
    view = await while_connected(request, accepting)
    if not answers.is_scheduled(view) and answers.status_of(view) != answers.AWAITING:
        view = await settled(request, services, principal, view, has_ended)
    answer = answers.created(view)
    return JSONResponse(answer, 400 if answer["status"] == answers.ERROR else 200)


@router.get("/post/{post_id}")
@router.get("/history/{post_id}")
async def get_post(post_id: str, services: TheServices, principal: ContentReader) -> JSONResponse:
    """A post as it is now."""
    return JSONResponse(answers.entry(await services.doors.get(post_id, principal)))


@router.get("/history")
async def list_posts(request: Request, services: TheServices, principal: ContentReader) -> JSONResponse:
    """Posts, the newest first. Deleted ones are listed only where they are asked for."""
    brand_ref, query = await brand_of(request, services, principal), request.query_params
    most = _number(query, "limit", USUAL, MOST) or USUAL
    days = _number(query, "lastDays", DAYS, 36_500)
    since = _instant(query, "startDate") or (services.clock.now() - timedelta(days=days) if days else None)
    wanted = ContentFilter(brand_ref=brand_ref, since=since, until=_instant(query, "endDate"))
    networks = {RENAMED.get(value, value) for name, value in query.multi_items() if _NAMED_LIST.fullmatch(name)}
    status, kind = query.get("status"), {"immediate": "now"}.get(query.get("type", ""), query.get("type"))
    shown: list[Json] = []
    for view in await services.doors.list(wanted, MOST):
        own = answers.entry(view)
        is_wanted = own["status"] == status if status else own["status"] != answers.DELETED
        if networks and not networks & {each.channel for each in view.publications}:
            is_wanted = False
        if is_wanted and kind in (None, "", own["type"]):
            shown.append(own)
    return JSONResponse({"history": shown[:most], "count": len(shown[:most]), "refId": brand_ref})


@router.delete("/post")
@router.delete("/delete")
async def delete_posts(request: Request, services: TheServices, principal: ContentProposer) -> JSONResponse:
    """Cancel what waits, take back what is live. A withdrawal is waited for; it is `pending` if it takes longer."""
    sent = body_of(request)
    sent = sent if isinstance(sent, dict) else {}
    for name in ("deleteAllScheduled", "markManualDeleted"):
        if sent.get(name):
            raise_if_any([problem(f"/{name}", "NOT_EXPRESSIBLE", f"{name} has no equivalent here; leave it out")])
    bulk = sent.get("bulk")
    named = bulk if isinstance(bulk, list) and bulk else [sent.get("id")]
    ids = [each for each in named if isinstance(each, str) and each]
    if len(ids) < len(named):
        raise_if_any([problem("/id", "MISSING_FIELD", "give the id of a post, or ids in bulk")])
    for each in ids:
        await services.doors.get(each, principal)  # nothing is deleted where one of them does not exist
    found = []
    for each in ids:
        view = await services.doors.remove(each, principal)
        view = await settled(request, services, principal, view, lambda found: not is_leaving(found))
        found.append(answers.removed(view))
    if not bulk:
        return JSONResponse(found[0], 400 if found[0]["status"] == answers.ERROR else 200)
    words = {each["status"] for each in found}
    whole = next((word for word in (answers.ERROR, answers.PENDING) if word in words), answers.SUCCESS)
    return JSONResponse({"status": whole, "posts": found}, 400 if whole == answers.ERROR else 200)


@router.get("/user")
async def get_user(request: Request, services: TheServices, principal: AccountReader) -> JSONResponse:
    """The brand and its accounts."""
    brand_ref = await brand_of(request, services, principal)
    return JSONResponse(answers.user(brand_ref, await services.doors.accounts(brand_ref)))


@router.post("/media/upload")
@router.post("/upload")
async def upload(request: Request, services: TheServices, principal: DraftWriter) -> JSONResponse:
    """Store a file, from a multipart form or as a data URI in JSON. Its `url` is for `mediaUrls`."""
    brand_ref = await brand_of(request, services, principal)
    if "boundary" in request.scope["state"]:
        view, texts = await keep_upload(request, services, principal, brand_ref, _TEXTS)
    else:
        sent = body_of(request)
        sent = sent if isinstance(sent, dict) else {}
        texts = {name: sent[name] for name in _TEXTS if isinstance(sent.get(name), str)}
        named = texts.get("fileName")
        view = await keep_data_uri(request, services, principal, brand_ref, sent.get("file"), named)
    name = texts.get("fileName") or view.name
    own = {"id": view.id, "url": services.doors.upload_url(view), "fileName": name}
    return JSONResponse({**own, "description": texts.get("description")})


def failure(document: Mapping[str, Any]) -> Json:
    """One of our problems, as the page of Ayrshare's errors shows them. `code` is our own word, not their number."""
    errors = [_error(each) for each in document.get("errors", ())]
    message = "; ".join(f"{each['field']}: {each['message']}" for each in errors if each["field"]) or document["detail"]
    own = {"action": "request", "status": answers.ERROR, "code": document["code"], "message": message}
    return {**own, "errors": errors or [dict(own)], "postIds": [], "requestId": document["requestId"]}


def _error(each: Mapping[str, Any]) -> Json:
    own = {"action": "post", "status": answers.ERROR, "code": each["code"], "message": each["message"]}
    place = {"field": each["pointer"].removeprefix("/").replace("/", ".")}
    return {**own, **place, **({"platform": network_of(each["channel"])} if each.get("channel") else {})}


def _number(query: Mapping[str, str], name: str, usual: int, most: int) -> int:
    text = query.get(name)
    if text is None:
        return usual
    if not text.isdecimal() or int(text) > most:
        raise_if_any([problem(f"/{name}", "INVALID_FIELD", f"a number from 0 to {most}")])
    return int(text)


def _instant(query: Mapping[str, str], name: str) -> Any:
    try:
        return _INSTANT.validate_python(query[name]) if query.get(name) else None
    except ValidationError:
        raise_if_any([problem(f"/{name}", "INVALID_FIELD", "a time such as 2027-01-15T09:00:00Z")])


DOOR = Door(DoorName.AYRSHARE, "/api/", frozenset(UPLOADS), failure)
