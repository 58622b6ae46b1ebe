"""The check of a post that is not submitted: by `POST /v1/contents/validate`, and whenever a draft is saved."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from api.bodies.parsing import read_sent
from api.http.client_disconnect import while_connected
from api.process.services import Services
from munadi.db.keys.callers import Principal
from munadi.domain.problem import ProblemsFound
from munadi.intake.requests import ContentRequest
from munadi.intake.validation import Validation, validation_of


async def check_post(request: Request, services: Services, principal: Principal, sent: Any) -> Validation:
    """What `POST /v1/contents` would report about this body. Nothing is stored. Raises ClientDisconnect."""
    try:
        post, shape = read_sent(sent, ContentRequest)
    except ProblemsFound as error:
        return validation_of((), error.warnings, error.problems, error.more)
    return await while_connected(request, services.posts.validate(post, shape, principal))
