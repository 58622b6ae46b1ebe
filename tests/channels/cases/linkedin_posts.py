"""LinkedIn: what a post and a comment are on the wire."""

from __future__ import annotations

from typing import Any

from munadi.domain.publication import Unknown
from tests.channels.case import Call, Case, Fails, Live, one
from tests.channels.cases.linkedin import (
    ARTICLE,
    BODY,
    CARD,
    COMMENT,
    COMMENTED,
    DOC,
    LINK,
    LIST,
    NET,
    PIC,
    PICTURE,
    POLL,
    POST,
    SITE,
    URN,
    S,
    asset,
    ready,
)
from tests.channels.making import document, image, publication
from tests.channels.network import answer
from tests.channels.scene_linkedin import MEMBER, PAGE, PERSON, SALE, SHARE, made, page, shown


def content(draft: Any, state: Any = None, **wanted: Any) -> Case:
    return one(
        "publish",
        NET,
        draft,
        Live(SHARE),
        state=state,
        requests=[(POST, {**BODY, "commentary": draft.text, "content": wanted})],
    )


def titled(name: str | None, seen: str, **options: Any) -> Case:
    sheet = publication("Read", media=(document(0, bytes=10, name=name, alt="Not taken"),), options=options)
    return content(sheet, {"media": [asset(id=DOC, kind="documents")]}, media={"id": DOC, "title": seen})


# fmt: off
CASES = {
    "every option of a text": one("publish", NET, publication("#Sale at @Acme Inc (now)",
            options={"visibility": "CONNECTIONS", "reshareDisabled": True, "mentions": {"Acme Inc": PAGE}}),
        Live(SHARE, url=f"{SITE}/{SHARE}/"), account=MEMBER,
        requests=[(POST, {**BODY, "author": PERSON, "commentary": rf"#Sale at @[Acme Inc]({PAGE}) \(now\)",
                    "visibility": "CONNECTIONS", "isReshareDisabledByAuthor": True})],
        saved={"posts.post.id": SHARE, "posts.post.url": f"{SITE}/{SHARE}/"}),
    "one image": content(publication("", media=PICTURE.media, options={"title": "T"}), ready("1"),
        media={"id": PIC, "title": "T", "altText": "Teal"}),
    "several images": content(publication("", media=(image(0), image(1, alt="b"))), ready("1", "2"),
        multiImage={"images": [{"id": PIC}, {"id": "urn:li:image:2", "altText": "b"}]}),
    "a poll": content(publication("x", options={"poll": POLL}), poll={"question": "Well?",
            "options": [{"text": "yes"}, {"text": "no"}],
            "settings": {"duration": "ONE_DAY", "voteSelectionType": "SINGLE_VOTE"}}),
    "a card": content(LINK, CARD, article=ARTICLE),
    "a card with a title of ours": content(LINK.model_copy(update={"options": {"title": "Mine"}}), CARD,
        article={**ARTICLE, "title": "Mine"}),
    **{f"a document's title {number}": titled(*args, **options)
        for number, (args, options) in enumerate((
                (("Q3 report.pdf", "Q3 report"), {}),
                (("v1.2 of it.docx", "v1.2 of it"), {}),
                (("notes", "notes"), {}),
                ((f"{'x' * 450}.pdf", "x" * 399), {}),
                (("Q3 report.pdf", "Results"), {"title": "Results"}),
                ((None, "Results"), {"title": "Results"})))},
    "a comment stands under its post, and is not looked for": Case(NET, COMMENTED,
        [Call("publish", Live(SHARE)), Call("publish comment", Fails(effect=S.UNKNOWN),
                [(COMMENT, {"actor": PAGE, "object": SHARE, "message": {"text": "More (here)"}})]),
            Call("find comment", Unknown), Call("publish comment", Live(URN))],
        replies={COMMENT: [answer(503, "<html>"), made(URN)]}),
    "a comment whose post is not known": one("publish comment", NET, COMMENTED,
        Fails(effect=S.NOT_SENT, code="PARENT_UNKNOWN"), requests=[LIST] * 1),
    "a post without its id is live and a page names it later": Case(NET, SALE,
        [Call("publish", Live(None, warnings=("POST_ID_PENDING",))),
            Call("publish", Live(None, warnings=("POST_ID_PENDING",)), []),
            Call("find", Live(SHARE, alike=True), replies={LIST: page(shown())})], replies={POST: made(None)}),
    "and a member's stays live, though it cannot be looked for": Case(NET, SALE,
        [Call(name, Live(None, warnings=("POST_ID_PENDING",))) for name in ("publish", "find")],
        replies={POST: made(None)}, account=MEMBER),
}
