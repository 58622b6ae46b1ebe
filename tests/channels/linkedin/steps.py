"""The visible steps of LinkedIn's posts: a page's text, a member's picture, a comment."""

from __future__ import annotations

from typing import Any

from tests.channels.linkedin.test_media import DOCUMENT_URN, PICTURE, SHEET, asset, ready
from tests.channels.making import Bench, bench
from tests.channels.scene_linkedin import MEMBER, POSTS, SALE, SETTINGS, SHARE, WHO, made
from tests.channels.steps import BARE, Step, of

NO_URN = ({}, {"id": "117"}, {"id": None}, [], "not json")
COMMENT = "urn:li:comment:8"
LIVE = {"post": {"id": SHARE}}
READ = asset("", id=DOCUMENT_URN, kind="documents")


def over(said: Any) -> Bench:
    built = bench("linkedin", SETTINGS)
    built.network.on("POST", "/comments", said or made(COMMENT)).on("POST", POSTS, said or made())
    return built


STEPS = [
    Step("linkedin text", over, SALE, WHO, None, NO_URN, live=(of(posts=LIVE),)),
    Step("linkedin picture", over, PICTURE, MEMBER, ready("7"), NO_URN, (None, BARE, ready("7", is_ready=False))),
    Step("linkedin document", over, SHEET, WHO, of(media=[READ]), NO_URN, (None, BARE)),
    Step(
        "linkedin comment",
        over,
        SALE.model_copy(update={"first_comment": "More"}),
        MEMBER,
        of(posts=LIVE),
        NO_URN,
        (),
        (of(posts={**LIVE, "comment": {"id": COMMENT}}),),
        "comment",
    ),
]
