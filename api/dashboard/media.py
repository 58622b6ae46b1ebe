"""The stored files of a brand, or of all, with the posts and drafts that use them, to delete what is not needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.dashboard.contents import texts_of
from api.dashboard.frame import TheFrame
from api.dashboard.page_data import TheReader
from api.dashboard.render import PageRoute, render
from api.dashboard.sections import sections
from api.deps import TheServices
from api.languages.catalogue import N_, gettext, ngettext
from munadi.db.contents.media_uses import uses_of
from munadi.domain.channel import MediaKind
from munadi.domain.ids import Prefix

router = APIRouter(route_class=PageRoute)

Json = Mapping[str, Any]
# Together their uses are one page of posts.
PAGE, USES = 25, 3
# By kind, what a file without a name is called.
_UNNAMED: dict[str, str] = {
    MediaKind.IMAGE: N_("%(type)s picture"),
    MediaKind.VIDEO: N_("%(type)s video"),
    MediaKind.DOCUMENT: N_("%(type)s document"),
}
KINDS = (N_("image"), N_("video"), N_("document"))  # as the page shows them


@dataclass(frozen=True)
class Use:
    """A page of a post, draft or brand that uses a file, and what the link to it says."""

    path: str
    words: str


@dataclass(frozen=True)
class StoredFile:
    """A file with its first `USES`; `more`: there are others. `needs`: those of them that keep it from being deleted,
    which are the first; `needs_more`: others do, too."""

    media: Json
    name: str
    uses: Sequence[Use]
    more: bool
    needs: Sequence[Use]
    needs_more: bool


@router.get("/media")
async def show_media_list(
    request: Request,
    reader: TheReader,
    services: TheServices,
    frame: TheFrame,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> Response:
    """The page with the stored files of the chosen brand, newest first."""
    page = await reader.get("/v1/media", brandRef=frame.choice.filter, limit=PAGE, cursor=cursor)
    async with services.database.read() as session:
        ids = [each["id"] for each in page["data"]]
        needs = await uses_of(session, ids, USES + 1, needed=True)
        uses = await uses_of(session, ids, USES + 1)
    uses = {each: list(dict.fromkeys([*needs.get(each, ()), *uses.get(each, ())])) for each in ids}
    texts = await texts_of(reader, [used_by for found in uses.values() for used_by in found[:USES]])
    return render(
        request,
        "media.html",
        page=page,
        cursor=cursor,
        files=[_stored(each, uses[each["id"]], needs.get(each["id"], ()), texts) for each in page["data"]],
        sections=await sections(services, reader.viewer.principal, frame.choice.filter),
    )


def _stored(media: Json, used_by: Sequence[str], needed_by: Sequence[str], texts: Mapping[str, str]) -> StoredFile:
    brand_ref = media["brandRef"]
    uses, needs = _uses(used_by, texts, brand_ref), _uses(needed_by, texts, brand_ref)
    # What needs it may be a post that this key may not see.
    hidden = len(needs) < min(len(needed_by), USES)
    return StoredFile(media, name_of(media), uses, len(used_by) > USES, needs, hidden or len(needed_by) > USES)


def _uses(used_by: Sequence[str], texts: Mapping[str, str], brand_ref: str | None) -> list[Use]:
    found = [_use(each, texts, brand_ref) for each in used_by[:USES]]
    return [each for each in found if each]


def _use(used_by: str, texts: Mapping[str, str], brand_ref: str | None) -> Use | None:
    if used_by.startswith(f"{Prefix.SAVED_DRAFT}_"):
        return Use(f"/compose?draft={used_by}", ngettext("a draft", "%(num)s drafts", 1))
    if used_by.startswith(f"{Prefix.BRANDING}_"):
        return Use(f"/brands/{brand_ref}", gettext("the brand’s logo")) if brand_ref else None
    return Use(f"/contents/{used_by}", texts[used_by]) if used_by in texts else None


def name_of(media: Json) -> str:
    """Its name where it came from, which is the upload's own or the last part of an address; else its kind."""
    found = media["name"] or unquote(PurePosixPath(urlsplit(media["sourceUrl"] or "").path).name)
    return found or gettext(_UNNAMED[media["kind"]]) % {"type": media["type"].rpartition("/")[2].upper()}
