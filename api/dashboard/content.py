"""The page of one post: its progress, its publications, and the actions that are possible now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.causes import a_retry_helps, can_be_retried, needs_a_new_post
from api.dashboard.copies import made_copies, with_a_live_copy
from api.dashboard.frame import TheFrame
from api.dashboard.live_edits import changes_of, form_of
from api.dashboard.merged_notes import merged_notes
from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render
from api.dashboard.times import instant, local_field, shared_zone
from api.deps import TheServices
from api.languages.catalogue import N_
from api.process.services import Services
from munadi.db.contents.holds import HoldCause, hold_causes
from munadi.domain.content import ContentStatus
from munadi.domain.publication import PublicationStatus
from munadi.domain.withdrawal import WithdrawalStatus

router = APIRouter(route_class=PageRoute)

# The steps of a post. The last one is replaced by the final status.
STEPS = (N_("accepted"), N_("scheduled"), N_("publishing"), N_("done"))
_STEP_OF = {ContentStatus.ACCEPTED: 0, ContentStatus.QUEUED: 1, ContentStatus.PUBLISHING: 2}
EVENTS_SHOWN = 100


@router.get("/contents/{content_id}")
async def show_content(
    request: Request,
    content_id: str,
    reader: TheReader,
    services: TheServices,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> Response:
    """The page; `after` continues a long timeline."""
    path = f"/v1/contents/{quote(content_id, safe='')}"
    content = await reader.get(path)
    events = await reader.get(f"{path}/events", after=after, limit=EVENTS_SHOWN)
    brand = await reader.get(f"/v1/brands/{content['brandRef']}")
    accounts = await reader.get_if_allowed("/v1/accounts", brandRef=content["brandRef"], limit=100)
    copies = await made_copies(reader, services, [content])
    why = await _why(services, content)
    edits = await services.posts.ways_to_edit(content_id, reader.viewer.principal)
    forms = {
        each["id"]: form_of(each, content["brandRef"], edits[each["id"]], services.channels[each["channel"]])
        for each in content["publications"]
        if each["id"] in edits and not _has_been_withdrawn(each)
    }
    zone = shared_zone([brand])
    steps, step = way_of(content)
    return render(
        request,
        "content.html",
        content=content,
        events=events,
        after=after,
        brand=brand,
        handles={account["id"]: account["handle"] for account in (accounts or {"data": ()})["data"]},
        steps=steps,
        step=step,
        zone=zone,
        about=brand["ref"],
        local_due=local_field(content["scheduledAt"], zone),
        local_end=local_field(content["withdrawAt"], zone) if content["withdrawAt"] else "",
        ways=await services.posts.ways_to_withdraw(content_id, reader.viewer.principal),
        workflow_url=workflow_url(services, reader.viewer.principal.only_brand, content["workflowId"]),
        can=allowed_changes(content, has_a_copy=bool(with_a_live_copy(copies))),
        copies=copies.get(content["id"], ()),
        why=why,
        notes=merged_notes(content, {name: each.spec.title for name, each in services.channels.by_name.items()}),
        forms=forms,
        changes={publication_id: changes_of(way) for publication_id, way in edits.items()},
    )


@router.get("/publications/{publication_id}")
async def show_publication(request: Request, publication_id: str, reader: TheReader, frame: TheFrame) -> Response:
    """One publication with its attempts and the network's responses."""
    publication = await reader.get(f"/v1/publications/{quote(publication_id, safe='')}")
    content = await reader.get(f"/v1/contents/{publication['contentId']}")
    zone = frame.choice.zone_of(content["brandRef"])
    about = content["brandRef"]
    return render(request, "publication.html", publication=publication, content=content, zone=zone, about=about)


def _has_been_withdrawn(publication: Mapping[str, Any]) -> bool:
    withdrawal = publication["withdrawal"]
    return withdrawal is not None and withdrawal["status"] != WithdrawalStatus.REFUSED


async def _why(services: Services, content: Mapping[str, Any]) -> dict[str, HoldCause]:
    """What is behind each hold of the post, by publication."""
    async with services.database.read() as session:
        return await hold_causes(session, [each["id"] for each in content["publications"] if each["hold"]])


def way_of(content: Mapping[str, Any]) -> tuple[tuple[str, ...], int]:
    """The steps of a post, and the current one. A post that ended without an attempt has no publishing step."""
    if (step := _STEP_OF.get(content["status"])) is not None:
        return STEPS, step
    tried = any(publication["attempts"] for publication in content["publications"])
    steps = STEPS if tried else tuple(step for step in STEPS if step != "publishing")
    return steps, len(steps) - 1


def allowed_changes(content: Mapping[str, Any], *, has_a_copy: bool = False) -> dict[str, Any]:
    """Which buttons make sense now. The API decides again when one is pressed.

    `duplicate`: what it says is still there to be copied.
    `first`: the one that helps most, `retry` or `copy`; none where nothing has failed, every failure was dismissed, or
    a copy is on its way or out already. Then `twice`: a retry publishes the same again.
    `restore`: the calls that make these failures need attention again, if every one was dismissed.
    """
    numbers = content["rollup"]
    waiting = numbers["accepted"] + numbers["queued"]
    failed = _failed(content)
    dismissed = [each for each in failed if each["dismissal"]]
    restore = [{"path": f"/v1/publications/{each['id']}/undismiss"} for each in dismissed]
    if len(dismissed) < len(failed):
        restore = []
    untried = not any(publication["attempts"] for publication in content["publications"])
    return {
        "withdraw": waiting > 0,
        "edit": waiting == numbers["total"] and untried,
        "duplicate": content["textsRemovedAt"] is None,
        "retry": content["textsRemovedAt"] is None and any(_may_be_retried(each) for each in failed),
        "first": None if restore or has_a_copy or content["textsRemovedAt"] else _first(failed),
        "twice": has_a_copy,
        "restore": restore,
        "end": _may_end(content),
    }


def _may_end(content: Mapping[str, Any]) -> bool:
    """Whether a time to end can be set or changed: something is or can become live, and its withdrawal has not begun
    at that time."""
    end = instant(content["withdrawAt"])
    rest = [each["withdrawal"] for each in content["publications"] if each["status"] != PublicationStatus.CANCELED]
    asked = [instant(each["requestedAt"]) for each in rest if each]
    has_begun = end is not None and any(at is not None and at >= end for at in asked)
    return not has_begun and any(each is None or each["status"] == WithdrawalStatus.REFUSED for each in rest)


def _may_be_retried(publication: Mapping[str, Any]) -> bool:
    return bool(publication["failure"]) and can_be_retried(publication["failure"])


def _first(failed: Sequence[Mapping[str, Any]]) -> str | None:
    failures = [each["failure"] for each in failed if each["failure"]]
    if any(a_retry_helps(failure) for failure in failures):
        return "retry"
    return "copy" if any(needs_a_new_post(failure) for failure in failures) else None


def _failed(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in content["publications"] if each["status"] == PublicationStatus.FAILED]


def workflow_url(services: Services, brand_ref: str | None, workflow_id: str) -> str | None:
    """The workflow in Temporal's Web UI, which shows every brand: not for a key that is restricted to one."""
    temporal = services.settings.temporal
    if not temporal.ui_url or brand_ref is not None:
        return None
    return f"{temporal.ui_url.rstrip('/')}/namespaces/{temporal.namespace}/workflows/{quote(workflow_id, safe='')}"
