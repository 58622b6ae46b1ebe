"""What the routes of all doors do: whose call it is, how a request is known again, and waiting for an outcome."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import Request

from api.http.client_disconnect import while_connected
from api.http.door import named_profile
from api.http.problems import ProblemError
from api.http.shares import NothingLeft
from api.http.uploads import read_upload, upload_place
from api.idempotency import fingerprints, read_key
from api.process.services import Services
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.domain.content import ContentView
from munadi.domain.media import MediaView
from munadi.domain.problem_collector import ProblemCollector
from munadi.doors.translated import problem, raise_if_any
from munadi.intake.bodies import read_sent
from munadi.intake.media import Upload
from munadi.intake.requests import MediaUrlRequest
from munadi.intake.strict_json import canonical

# Seconds that an answer waits for what a post becomes. The clients of both programs wait longer.
WAIT = 20.0


async def brand_of(request: Request, services: Services, principal: Principal) -> str:
    """The brand of a call: the key's own, or the one that Profile-Key names. ProblemError 403, or NotVisible."""
    named, own = named_profile(request.scope), principal.only_brand
    if own is not None and named in (None, "", own):
        return own
    if own is not None:
        detail = f"this key works for the brand {own!r} alone; leave Profile-Key out, or use a key of the other brand"
        raise ProblemError(403, "BRAND_RESTRICTED", "Not permitted", detail)
    if not named:
        message = "this key works for several brands: use a key of one brand, or send Profile-Key with the ref of one"
        raise_if_any([problem("/profileKey", "MISSING_FIELD", message)])
    assert named is not None
    return (await services.brands.get(named, principal)).ref


def prints_of(request: Request, services: Services, content: Any) -> tuple[str, ...]:
    """The fingerprints of a request: of its path and of the post that it asks for. What clients make up anew for each
    request, such as the ids of files that have an address, is not in them."""
    return fingerprints(services.keyring, canonical([request.url.path, content]))


def key_of(request: Request) -> str | None:
    """The Idempotency-Key of a request, which the other programs do not know and every client can send."""
    return read_key(request.headers.getlist("idempotency-key"))


async def settled(
    request: Request,
    services: Services,
    principal: Principal,
    view: ContentView,
    is_settled: Callable[[ContentView], bool],
) -> ContentView:
    """The post once it is settled, or as it is when the wait is over. Nothing waits where no place is free."""
    if is_settled(view) or WAIT <= 0:
        return view

    async def read() -> ContentView:
        return await services.doors.get(view.id, principal)

    try:
        with services.waits.place(principal.only_brand or principal.key_id) as place:
            waiting = services.waits.changed(place, view.id, read, lambda found: not is_settled(found), WAIT)
            return await while_connected(request, waiting)
    except NothingLeft:
        return view


async def keep_upload(
    request: Request, services: Services, principal: Principal, brand_ref: str, texts: frozenset[str]
) -> tuple[MediaView, dict[str, str]]:
    """Store the file of a multipart form; and its other fields, which may be these texts."""
    problems = ProblemCollector()
    with upload_place(services.uploads, brand_ref) as share:
        limit = services.settings.media.max_bytes
        upload = await read_upload(request, services.media_store, limit, share, problems, texts=texts)
        return await _keep(request, services, principal, brand_ref, upload, problems), upload.texts


async def fetch_upload(
    request: Request, services: Services, principal: Principal, brand_ref: str, url: Any
) -> MediaView:
    """Fetch the file at an address, and store it."""
    sent, shape = read_sent({"url": url, "brandRef": brand_ref}, MediaUrlRequest)
    storing = services.media.fetch(sent, shape, principal, IdempotencyKey(None, ()))
    answer = await while_connected(request, storing)
    return MediaView.model_validate_json(answer.body)


async def keep_data_uri(
    request: Request, services: Services, principal: Principal, brand_ref: str, sent: Any, name: str | None
) -> MediaView:
    """Store a file that a JSON body has as `data:image/png;base64,…`. ProblemsFound for anything else."""
    problems = ProblemCollector()
    head, comma, text = sent.partition(",") if isinstance(sent, str) else ("", "", "")
    content = b""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        comma = ""
    if not (head.startswith("data:") and head.endswith(";base64") and comma and content):
        problems.add("/file", "INVALID_FIELD", "a file is a data URI, such as data:image/png;base64,iVBORw0…")
    problems.raise_if_any()
    handle, path = tempfile.mkstemp(dir=services.media_store.incoming, prefix="upload-")
    with os.fdopen(handle, "wb") as target:
        target.write(content)
    kind = head.removeprefix("data:").removesuffix(";base64").split(";")[0]
    upload = Upload(Path(path), hashlib.sha256(content).hexdigest(), kind, name, brand_ref)
    return await _keep(request, services, principal, brand_ref, upload, problems)


async def _keep(
    request: Request,
    services: Services,
    principal: Principal,
    brand_ref: str,
    upload: Upload,
    problems: ProblemCollector,
) -> MediaView:
    upload = upload.of_brand(brand_ref)
    storing = services.media.keep(upload, principal, IdempotencyKey(None, ()), problems)
    answer = await while_connected(request, storing)
    return MediaView.model_validate_json(answer.body)
