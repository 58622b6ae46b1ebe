"""Responses to calls of the services: the recorded JSON, with the headers that follow from it."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Response

from api.http.conditional import post_etag
from api.idempotency import REPLAYED
from munadi.db.answers import Answer


def accepted(answer: Answer) -> Response:
    """202: the post is stored."""
    return changed(answer, 202, {"Location": f"/v1/contents/{answer.identity['id']}"})


def changed(answer: Answer, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The post as it is now, with the ETag that a later change or read sends."""
    return plain(answer, status, {**(headers or {}), "ETag": post_etag(answer.identity["version"], answer.body)})


def created(answer: Answer, place: str, status: int = 201) -> Response:
    """201: the object is stored, and has its address in this place. 200 where it was there before."""
    return plain(answer, status, {"Location": f"{place}/{answer.identity['id']}"})


def plain(answer: Answer, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """The view, and whether it repeats an earlier response."""
    replayed = {REPLAYED: "true"} if answer.is_repeated else {}
    return Response(answer.body, status, {**(headers or {}), **replayed}, "application/json")
