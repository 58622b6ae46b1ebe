"""Shapes on the wire: the body of a post, and answers read leniently. Source: docs/networks/linkedin.md, section 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from munadi.channels.answers import object_in, text_in
from munadi.channels.http import given_id
from munadi.channels.linkedin.commentary import little_text
from munadi.channels.linkedin.spec import MAX_TITLE, Options
from munadi.channels.linkedin.state import Card, Part
from munadi.channels.posting import Row
from munadi.domain.channel import MediaKind
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from munadi.ports import Answer

DISTRIBUTION: Mapping[str, Any] = {
    "feedDistribution": "MAIN_FEED",
    "targetEntities": [],
    "thirdPartyDistributionChannels": [],
}
# Headers of every answer that LinkedIn itself gives; a proxy has none of them.
SIGNS = ("x-li-uuid", "x-li-fabric", "x-li-request-id")
# The last moment that a time can be; a later number is none.
LATEST = datetime(9000, 1, 1, tzinfo=UTC).timestamp()
ABSENT_TEXT = ""


@dataclass(frozen=True, kw_only=True)
class PostRow(Row):
    """A post of a page's list: its keys are the URNs of its files, `kind` the name of its content, empty for a text."""

    kind: str
    source: str
    state: str


@dataclass(frozen=True)
class Opened:
    """An upload that LinkedIn has opened; all but videos have one part, which takes the whole file."""

    urn: str
    token: str
    parts: tuple[Part, ...]


def wants_card(draft: Draft) -> bool:
    """Whether the link becomes a card, which we make: LinkedIn reads no pages."""
    return bool(draft.link) and not draft.media


def post_body(author: str, draft: Draft, options: Options, urns: Sequence[str], card: Card | None) -> dict[str, Any]:
    """The body of a post, without a comment."""
    content = _content(draft, options, urns, card)
    return {
        "author": author,
        "commentary": little_text(draft.text, options.mentions),
        "visibility": options.visibility,
        "distribution": dict(DISTRIBUTION),
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": options.reshare_disabled,
        **({"content": content} if content else {}),
    }


def comment_body(author: str, post_urn: str, text: str) -> dict[str, Any]:
    """A comment below a live post."""
    return {"actor": author, "object": post_urn, "message": {"text": text}}


def kind_of(asset: MediaAsset) -> str:
    """The collection that a file is uploaded to."""
    return f"{asset.kind}s"


def title_of(draft: Draft, options: Options) -> str | None:
    """The title of a lone file: a document has one always, made of its file's name where none is given."""
    if options.title or draft.media[0].kind is not MediaKind.DOCUMENT:
        return options.title
    name = draft.media[0].name or ""
    return (name.rpartition(".")[0] or name)[:MAX_TITLE]


def content_kind(draft: Draft, options: Options) -> str:
    """The name of the draft's content, as a list of posts shows it."""
    if options.poll:
        return "poll"
    if len(draft.media) > 1:
        return "multiImage"
    return "media" if draft.media else "article" if draft.link else ""


def id_in(answer: Answer) -> str | None:
    """The id of what was made: a header, since the body is empty. Rest.li may write it percent-encoded."""
    found = given_id(unquote(answer.headers.get("x-restli-id", ""))) or text_in(answer.body, "id")
    return found if found and found.startswith("urn:li:") else None


def is_created(answer: Answer) -> bool:
    """The proof of a post: its id, or a 201 of LinkedIn's own that came without."""
    return id_in(answer) is not None or (answer.status == 201 and any(answer.headers.get(name) for name in SIGNS))


def read_opened(answer: Answer, kind: str) -> Opened | None:
    """An opened upload, or None without its URN and addresses."""
    value = object_in(answer.body, "value")
    urn, url = text_in(value, kind.removesuffix("s")), text_in(value, "uploadUrl")
    if urn is None:
        return None
    if kind != "videos":
        return Opened(urn, "", (Part(url=url),)) if url else None
    listed = value.get("uploadInstructions")
    parts = [_part(one) for one in listed] if isinstance(listed, list) else []
    known = tuple(part for part in parts if part is not None)
    return Opened(urn, text_in(value, "uploadToken") or "", known) if known and len(known) == len(parts) else None


def is_list(body: Any) -> bool:
    """Whether this is a list of posts, each with what a comparison needs."""
    rows = body.get("elements") if isinstance(body, dict) else None
    return isinstance(rows, list) and all(read_row(one) is not None for one in rows)


def read_row(one: Any) -> PostRow | None:
    """A post as it is read; None for anything else."""
    urn, created = text_in(one, "id"), _instant(object_in(one).get("createdAt"))
    text = object_in(one).get("commentary", ABSENT_TEXT)
    if urn is None or created is None or not isinstance(text, str):
        return None
    content = object_in(one, "content")
    images = object_in(content, "multiImage").get("images")
    files = [object_in(content, "media"), *(images if isinstance(images, list) else [])]
    keys = frozenset(key for file in files if (key := text_in(file, "id")))
    kinds = [name for name in ("media", "multiImage", "article", "poll") if name in content]
    return PostRow(
        id=urn,
        created_at=created,
        text=text,
        keys=keys,
        kind=kinds[0] if kinds else "",
        source=text_in(content, "article", "source") or "",
        state=text_in(one, "lifecycleState") or "",
    )


def _content(draft: Draft, options: Options, urns: Sequence[str], card: Card | None) -> dict[str, Any] | None:
    if options.poll:
        poll = options.poll
        rows = [{"text": option} for option in poll.options]
        settings = {"duration": poll.duration, "voteSelectionType": "SINGLE_VOTE"}
        return {"poll": {"question": poll.question, "options": rows, "settings": settings}}
    if len(draft.media) > 1:
        shown = zip(urns, draft.media, strict=True)
        return {"multiImage": {"images": [_given(id=urn, altText=asset.alt) for urn, asset in shown]}}
    if draft.media:
        asset = draft.media[0]
        alt = None if asset.kind is MediaKind.DOCUMENT else asset.alt
        return {"media": _given(id=urns[0], title=title_of(draft, options), altText=alt)}
    if card is None:
        return None
    thumbnail = urns[0] if urns else None
    title = options.title or card.title
    return {"article": _given(source=draft.link, title=title, description=card.description, thumbnail=thumbnail)}


def _given(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _part(one: Any) -> Part | None:
    url, first, last = text_in(one, "uploadUrl"), object_in(one).get("firstByte"), object_in(one).get("lastByte")
    if url is None or type(first) is not int or type(last) is not int or not 0 <= first <= last:
        return None
    return Part(url=url, first=first, size=last - first + 1)


def _instant(value: Any) -> datetime | None:
    """A time in milliseconds since the epoch."""
    known = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LATEST * 1000
    return datetime.fromtimestamp(value / 1000, UTC) if known else None
