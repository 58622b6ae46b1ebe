"""The pages of review links: a person without an account reads a proposed post, and approves or declines it.

The link is the secret. A GET changes nothing, because programs that scan mail open links. Only a browser that opened
the page can send its form (`Browser`). Nothing of others is loaded: files are our stored copies, and no script runs.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.auth import not_found
from api.dashboard import labels
from api.dashboard.times import written
from api.deps import TheServices
from api.http.body_kind import form_of
from api.http.connect_browser import Browser
from api.http.media_response import stored_response
from api.languages.catalogue import N_
from api.pages import brand_page
from api.process.services import Services
from munadi.db.answers import NotVisible, StaleVersion
from munadi.domain.approval import MAX_NOTE
from munadi.domain.usage import QuotaExceeded
from munadi.publishing.review_links import InvalidReview, Review
from munadi.publishing.states import ChangeRefused

router = APIRouter(include_in_schema=False)
APPROVE, DECLINE = "approve", "decline"


@router.get("/review/{secret}")
async def show_review(secret: str, request: Request, services: TheServices) -> Response:
    """Show the post as each network gets it, and what can be decided."""
    try:
        review = await services.reviews.open(secret)
    except InvalidReview as error:
        return await _ended(error, services)
    return await _shown(review, secret, request, services)


@router.get("/review/{secret}/media/{media_id}")
async def show_media(secret: str, media_id: str, request: Request, services: TheServices) -> Response:
    """A file of the post, as it is stored."""
    try:
        review = await services.reviews.open(secret)
    except InvalidReview:
        raise not_found("media", media_id) from None
    files = [each for one in review.publications for each in one.draft.media if each.id == media_id]
    if not files:
        raise not_found("media", media_id)
    try:
        answer = await stored_response(request, services.media_store, files[0].sha256)
    except FileNotFoundError:
        raise not_found("media", media_id) from None
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@router.post("/review/{secret}")
async def decide(secret: str, request: Request, services: TheServices) -> Response:
    """Approve or decline the version that the page showed."""
    form, browser = form_of(request), Browser.of(request, services)
    try:
        review = await services.reviews.open(secret)
        if not browser.sent_form():
            return await _shown(review, secret, request, services, _NOT_OURS, status=403)
        if (problem := _problem(form.get("decision", ""), form.get("version", ""), form.get("note", ""))) is not None:
            return await _shown(review, secret, request, services, problem, status=422)
        granted, note = form["decision"] == APPROVE, form.get("note", "").strip() or None
        await services.reviews.decide(secret, int(form["version"]), granted=granted, note=note)
    except InvalidReview as error:
        return await _ended(error, services)
    except StaleVersion:
        return await _shown(await services.reviews.open(secret), secret, request, services, _CHANGED, status=412)
    except (ChangeRefused, NotVisible):
        return await _done(review, services, 409, N_("Nothing was decided"), N_("The post does not wait any more."))
    except QuotaExceeded:
        return await _shown(review, secret, request, services, _FULL, status=409)
    heading = N_("Approved") if granted else N_("Declined")
    line = (
        N_("The post will be published at its time.")
        if granted
        else N_("The post will not be published. The person who proposed it can read why.")
    )
    return await _done(review, services, 200, heading, line, N_("You can close this window."))


_NOT_OURS = N_("This form did not come from a page that this browser opened, or the page is older than an hour. "
               "Nothing was decided. Read the post again, with cookies allowed, then decide.")  # fmt: skip
_CHANGED = N_("Somebody has changed this post in the meantime. Nothing was decided. Read it again, then decide.")
_FULL = N_("The brand may not publish more at that time. Nothing was decided: ask who sent you this link.")
_NO_DECISION = N_("Choose whether the post is approved or declined.")
_NO_WORDS = N_("Say why it is declined.")
_LONG = N_("That is too long: at most 2000 characters.")


def _problem(decision: str, version: str, note: str) -> str | None:
    """What is wrong with the form, for its person."""
    if decision not in (APPROVE, DECLINE) or not (version.isascii() and version.isdigit() and len(version) < 10):
        return _NO_DECISION
    if decision == DECLINE and not note.strip():
        return _NO_WORDS
    return _LONG if len(note) > MAX_NOTE else None


async def _shown(
    review: Review, secret: str, request: Request, services: Services, problem: str | None = None, status: int = 200
) -> Response:
    browser, zone = Browser.of(request, services), review.brand.timezone or "UTC"
    titles = {name.value: channel.spec.title for name, channel in services.channels.by_name.items()}
    shown = await brand_page(
        "review.html",
        review.brand.ref,
        services,
        status,
        until=review.link.expires_at,
        request=request,
        token=browser.token,
        content=review.content,
        publications=review.publications,
        titles=titles,
        is_open=review.is_open,
        due=written(review.content.scheduled_at, zone),
        decide_by=written(min(review.link.expires_at, review.content.publish_by), zone),
        zone=zone,
        media_at=f"/review/{secret}/media/",
        humanize=labels.humanize,
        problem=problem,
        longest=MAX_NOTE,
    )
    shown.headers["Content-Security-Policy"] += "; media-src 'self'; form-action 'self'"
    shown.headers["X-Robots-Tag"] = "noindex, nofollow"
    return browser.keep(shown)


async def _done(review: Review, services: Services, status: int, heading: str, *lines: str) -> Response:
    return await brand_page("end.html", review.brand.ref, services, status, heading=heading, lines=lines)


async def _ended(error: InvalidReview, services: Services) -> Response:
    heading = N_("This link does not work")
    return await brand_page("end.html", error.brand_ref, services, 410, heading=heading, lines=[str(error)])
