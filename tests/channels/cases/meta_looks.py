"""Instagram, Threads and Facebook: many posts are read by lists, and by their ids what no list has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from munadi.channels.facebook.removing import FIELDS, TARGETS
from munadi.channels.facebook.wire import VIDEO_FIELDS
from munadi.channels.looking import NOT_READ
from munadi.domain.failure import Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import Seen, Verdict
from tests.channels.case import Call, Case, Fails, Net
from tests.channels.cases import facebook
from tests.channels.cases.meta_removals import CONTROLS, EMPTY, GONE, IG, NETS, PAGE, TH
from tests.channels.containers import INSTAGRAM, ONE, graph_error
from tests.channels.network import answer, ok

V = Verdict
FIVE = timedelta(minutes=5)
IGL = Net("instagram", INSTAGRAM.account, NETS["instagram"].replies)
POSTS, FILMS, REELS = (f"GET /{PAGE}/{edge}" for edge in ("published_posts", "videos", "video_reels"))
STORIES = f"GET /{PAGE}/stories"
MEDIA, IG_STORIES = f"GET /{IG}/media", f"GET /{IG}/stories"
TOPS, REPLIES = f"GET /{TH}/threads", f"GET /{TH}/replies"
LISTS = {"instagram": MEDIA, "threads": TOPS, "facebook": POSTS}
CHECK = "copyright_check_information"
HUNDRED = range(100, 200)
PUBLIC = {"is_published": True, "is_hidden": False, "privacy": {"value": "EVERYONE"}}
FILM = dict(facebook.LIVE.json())


def name_of(name: str, number: int) -> str:
    return f"{PAGE}_{number}" if name == "facebook" else str(number)


def page(rows: Sequence[Mapping[str, Any]], after: str = "", *, link: bool = True) -> httpx.Response:
    paging = {"cursors": {"after": after}, **({"next": "https://graph.example/next"} if link else {})}
    return ok({"data": list(rows), **({"paging": paging} if after else {})})


def rows(name: str, numbers: Sequence[int], **more: Any) -> list[dict[str, Any]]:
    shown = {"media_type": "IMAGE", "media_url": "x"} if name == "instagram" else PUBLIC
    return [{"id": name_of(name, number), **shown, **more} for number in numbers]


def seen(verdict: Verdict, word: str = "", *, blind: bool = False) -> Seen:
    return Seen(verdict=verdict, word=word, blind=blind)


def unread(name: str, reason: Reason, code: str) -> Seen:
    title = {"instagram": "Instagram", "threads": "Threads", "facebook": "Facebook"}[name]
    return seen(V.UNREADABLE, f"{reason} ({code}): {title}: {REASONS[reason].meaning}")


def watch(
    name: str, outcome: Any, replies: Mapping[str, Any], given: str, requests: Any = None, net: Net | None = None
) -> Case:
    edges = dict.fromkeys((MEDIA, IG_STORIES, TOPS, REPLIES, POSTS, FILMS, REELS, STORIES), EMPTY)
    used = {edge: reply for edge, reply in edges.items() if edge.split("/")[1] == NETS[name].account.external_id}
    call = Call(f"watch {given}", outcome, requests)
    return Case(net or NETS[name], ONE, [call], replies={**used, **replies})


def many(name: str, numbers: Sequence[int]) -> str:
    return " ".join(name_of(name, number) for number in numbers)


def by_id(name: str, *numbers: int) -> dict[str, Any]:
    return {f"GET /{name_of(name, number)}": ok(rows(name, [number])[0]) for number in numbers}


def check(status: Any, *actions: Mapping[str, str]) -> dict[str, Any]:
    matches = [{"content_title": "A song", "owner_copyright_policy": {"name": "A label", "actions": list(actions)}}]
    return {CHECK: {"status": status, **({"copyright_matches": matches} if actions else {})}}


BLOCKED = {"action": "BLOCK", "territories": "2", "geos": "Canada, India"}
LIVE, AGAIN = seen(V.LIVE), seen(V.GONE, "100/33")
VIDEO = {"id": "1", "media_type": "VIDEO", "media_url": "x"}
# fmt: off
EVERYWHERE = {
    **{f"{name}: a hundred posts are one list": watch(name, [LIVE] * 100, {LISTS[name]: page(rows(name, HUNDRED))},
        many(name, HUNDRED), [(LISTS[name], {"limit": "100"})]) for name in NETS},
    **{f"{name}: older posts are on the next pages": watch(name, [LIVE] * 7,
        {LISTS[name]: [page(rows(name, (9, 8)), "a1"), page(rows(name, (7, 6)), "a2"), page(rows(name, (5, 4, 3)))]},
        many(name, range(3, 10)), [LISTS[name], (LISTS[name], {"after": "a1"}), (LISTS[name], {"after": "a2"})])
        for name in NETS},
    **{f"{name}: a list is left where it shows nothing wanted": watch(name, [LIVE] * 4,
        {LISTS[name]: [page(rows(name, (9,)), "a1"), page(rows(name, (8,)), "a2")], **by_id(name, 1, 2, 3)},
        many(name, (9, 1, 2, 3)), [LISTS[name], LISTS[name], *([IG_STORIES] if name == "instagram" else []),
        *[f"GET /{name_of(name, one)}" for one in (1, 2, 3)]]) for name in NETS},
    **{f"{name}: gone, and the others are there": watch(name, [LIVE, AGAIN, LIVE],
        {LISTS[name]: page(rows(name, (1, 3))), f"GET /{name_of(name, 2)}": GONE}, many(name, (1, 2, 3)),
        [LISTS[name], f"GET /{name_of(name, 2)}", CONTROLS[name],
         *([IG_STORIES] if name == "instagram" else [])]) for name in NETS},
    **{f"{name}: absent in a list and there by its id": watch(name, [LIVE] * 3,
        {LISTS[name]: page(rows(name, (1, 3))), **by_id(name, 2)}, many(name, (1, 2, 3)),
        [LISTS[name], f"GET /{name_of(name, 2)}"]) for name in NETS},
    **{f"{name}: {what}, so each is read by its id": watch(name, [LIVE] * 3,
        {LISTS[name]: reply, **by_id(name, 1, 2, 3)}, many(name, (1, 2, 3)))
        for name in NETS for what, reply in {
            "a list that may not be read": graph_error(10), "a list that is down": graph_error(1, status=500),
            "a list that refuses a field": graph_error(100), "a page of a proxy": answer(200, "<html>")}.items()},
    **{f"{name}: a dead token ends the look": watch(name, Fails(Reason.TOKEN_EXPIRED),
        {LISTS[name]: graph_error(190, 463)}, many(name, (1, 2, 3)), [LISTS[name]]) for name in NETS},
    **{f"{name}: a throttle ends it, and what was read counts": watch(name,
        [LIVE, *[unread(name, Reason.RATE_LIMITED, "4").model_copy(update={"pause": FIVE})] * 2],
        {LISTS[name]: page(rows(name, (1,))), IG_STORIES: graph_error(4),
         f"GET /{name_of(name, 2)}": graph_error(4)}, many(name, (1, 2, 3))) for name in NETS},
    **{f"{name}: a lost permission says nothing": watch(name, Fails(Reason.MISSING_SCOPE),
        {LISTS[name]: graph_error(10), IG_STORIES: graph_error(10), f"GET /{name_of(name, 1)}": graph_error(10)},
        many(name, (1, 2, 3))) for name in NETS},
    **{f"{name}: a second outage ends it": watch(name,
        [LIVE, *[unread(name, Reason.PROVIDER_OUTAGE, "2")] * 3],
        {LISTS[name]: EMPTY, **by_id(name, 1),
         **{f"GET /{name_of(name, one)}": graph_error(2, status=500) for one in (2, 3)}}, many(name, (1, 2, 3, 4)),
        [LISTS[name], *([IG_STORIES] if name == "instagram" else []),
         *[f"GET /{name_of(name, one)}" for one in (1, 2, 3)]]) for name in NETS},
    **{f"{name}: nothing is proven after its end": watch(name,
        [unread(name, Reason.RATE_LIMITED, "4").model_copy(update={"pause": FIVE})] * 2 + [LIVE],
        {LISTS[name]: page(rows(name, (3,))), f"GET /{name_of(name, 1)}": GONE, IG_STORIES: EMPTY,
         f"GET /{name_of(name, 2)}": graph_error(4)}, many(name, (1, 2, 3)),
        [LISTS[name], f"GET /{name_of(name, 1)}", f"GET /{name_of(name, 2)}"]) for name in NETS},
    **{f"{name}: one bad id spoils no other": watch(name,
        [LIVE, unread(name, Reason.INVALID_FIELD, "100"), LIVE],
        {LISTS[name]: EMPTY, **by_id(name, 1, 3), f"GET /{name_of(name, 2)}": graph_error(100)},
        many(name, (1, 2, 3))) for name in NETS},
    **{f"{name}: the account cannot be read, so nothing is gone": watch(name,
        [LIVE, unread(name, Reason.PROVIDER_OUTAGE, "2")],
        {**by_id(name, 1), f"GET /{name_of(name, 2)}": GONE, CONTROLS[name]: graph_error(2, status=500)},
        many(name, (1, 2))) for name in NETS},
    **{f"{name}: what is not read in one look waits": watch(name,
        [*[LIVE] * (8 if name == "instagram" else 9), *[NOT_READ] * (12 if name == "instagram" else 11)],
        {LISTS[name]: EMPTY, **by_id(name, *range(1, 21))}, many(name, range(1, 21))) for name in NETS},
    **{f"{name}: a bad id among many": watch(name, [unread(name, Reason.INVALID_FIELD, "100"),
        *[LIVE] * (6 if name == "instagram" else 8), *[NOT_READ] * (13 if name == "instagram" else 11)],
        {LISTS[name]: EMPTY, **by_id(name, *range(2, 21)), f"GET /{name_of(name, 1)}": graph_error(100)},
        many(name, range(1, 21))) for name in NETS},
    **{f"{name}: a removal is looked at by the ids": Case(NETS[name], ONE,
        [Call("look " + " ".join(f"{name_of(name, one)}!" for one in (1, 2, 3)), [LIVE] * 3,
              [f"GET /{name_of(name, one)}" for one in (1, 2, 3)])], replies=by_id(name, 1, 2, 3)) for name in NETS},
    **{f"{name}: a look at many is one at lists, too": Case(NETS[name], ONE,
        [Call(f"look {many(name, (1, 2, 3))}", [LIVE] * 3, [LISTS[name]])],
        replies={LISTS[name]: page(rows(name, (1, 2, 3)))}) for name in NETS},
}
INSTAGRAMS = {
    "instagram: a flagged file in a list": watch("instagram", [LIVE, seen(V.LIMITED, "media_url is missing"), LIVE],
        {MEDIA: page([*rows("instagram", (1, 3)), {"id": "2", "media_type": "VIDEO"}])}, "1 2 3", [MEDIA]),
    "instagram: an album has no address": watch("instagram", [LIVE] * 3,
        {MEDIA: page([{"id": str(one), "media_type": "CAROUSEL_ALBUM"} for one in (1, 2, 3)])}, "1 2 3"),
    "instagram: stories have a list of their own": watch("instagram", [LIVE] * 4,
        {MEDIA: page(rows("instagram", (1,))), IG_STORIES: page(rows("instagram", (2, 3, 4)))}, "1 2 3 4",
        [MEDIA, (IG_STORIES, {"fields": "id,media_type,media_url"})]),
    "instagram: a medium of the direct log-in": watch("instagram", [LIVE], {"GET /1": ok(VIDEO)}, "1",
        [("GET /1", {"fields": "id,media_type,media_url"})], IGL),
    "instagram: a list that refused the check is not asked again": watch("instagram", [LIVE] * 6,
        {MEDIA: [graph_error(100), page(rows("instagram", (1,)), "a1"), page(rows("instagram", range(2, 7)))]},
        many("instagram", range(1, 7)), [MEDIA, MEDIA, (MEDIA, {"fields": "id,media_type,media_url", "after": "a1"})]),
    "instagram: countries as a list": watch("instagram", [seen(V.LIMITED, "BLOCK: DE, AT")],
        {"GET /1": ok(VIDEO | check("complete", {"action": "BLOCK", "geos": ["DE", "AT"]}))}, "1"),
    **{f"instagram: blocked by {what}": watch("instagram", [seen(V.LIMITED, word)], {"GET /1": ok(VIDEO | said)}, "1")
       for what, said, word in (
           ("a match", check("complete", BLOCKED), "BLOCK: Canada, India"),
           ("a match, as objects write it", check({"status": "completed", "matches_found": True}, BLOCKED),
            "BLOCK: Canada, India"),
           ("a second action", check("completed", {"action": "TRACK"}, {"action": "MUTE"}), "MUTE"))},
    "instagram: a match that limits nobody": watch("instagram", [LIVE],
        {"GET /1": ok(VIDEO | check("completed", {"action": "MONETIZE", "geos": "Canada"}))}, "1"),
    "instagram: no match": watch("instagram", [LIVE], {"GET /1": ok(VIDEO | check("completed"))}, "1"),
    **{f"instagram: a check in progress is no pass: {number}": watch("instagram",
        [seen(V.PROCESSING, f"{CHECK}: in_progress")], {"GET /1": ok(VIDEO | check(said))}, "1")
       for number, said in enumerate(("in_progress", {"status": "in_progress"}))},
    "instagram: a check of another shape": watch("instagram", [LIVE],
        {"GET /1": ok(VIDEO | {CHECK: {"copyright_matches": [7, {"owner_copyright_policy": {"actions": "BLOCK"}}]}})},
        "1"),
    "instagram: the check is read with the list": watch("instagram",
        [seen(V.LIMITED, "BLOCK: Canada, India"), *[LIVE] * 2],
        {MEDIA: page([VIDEO | check("complete", BLOCKED), *rows("instagram", (2, 3))])}, "1 2 3",
        [(MEDIA, {"fields": f"id,media_type,media_url,{CHECK}"})]),
    "instagram: a list without the check": watch("instagram", [LIVE] * 3,
        {MEDIA: [graph_error(100), page(rows("instagram", (1, 2, 3)))]}, "1 2 3",
        [(MEDIA, {"fields": f"id,media_type,media_url,{CHECK}"}), (MEDIA, {"fields": "id,media_type,media_url"})]),
    "instagram: a medium without the check": watch("instagram", [LIVE],
        {"GET /1": [graph_error(100), ok(VIDEO)]}, "1",
        [("GET /1", {"fields": f"id,media_type,media_url,{CHECK}"}),
         ("GET /1", {"fields": "id,media_type,media_url"})]),
    "instagram: the direct log-in has no check": watch("instagram", [LIVE] * 3,
        {MEDIA: page(rows("instagram", (1, 2, 3)))}, "1 2 3", [(MEDIA, {"fields": "id,media_type,media_url"})], IGL),
    "instagram: a removal asks for no check": Case(NETS["instagram"], ONE,
        [Call("look 1", [LIVE], [("GET /1", {"fields": "id,media_type,media_url"})])], replies={"GET /1": ok(VIDEO)}),
}
THREADED = {
    "threads: parts are in the list of replies": watch("threads", [LIVE] * 6,
        {TOPS: page(rows("threads", (1, 2, 3))), REPLIES: page(rows("threads", (4, 5, 6)))},
        "1 2 3 part-2=4 part-2=5 comment=6", [TOPS, REPLIES]),
    "threads: a full page without a link has a next one": watch("threads", [LIVE] * 103,
        {TOPS: [page(rows("threads", HUNDRED), "a1", link=False), page(rows("threads", (1, 2, 3)))]},
        many("threads", [*HUNDRED, 1, 2, 3]), [TOPS, (TOPS, {"after": "a1"})]),
    "threads: a short page without a link is the last": watch("threads", [*[LIVE] * 3, *[AGAIN] * 3],
        {TOPS: page(rows("threads", (1, 2, 3)), "a1", link=False), **{f"GET /{one}": GONE for one in (4, 5, 6)}},
        many("threads", range(1, 7)), [TOPS, "GET /4", "GET /5", "GET /6", "GET /me"]),
    "threads: without the permission for replies parts are read by their ids": watch("threads",
        [*[LIVE] * 2, seen(V.UNREADABLE, "100/33; replies may not be read", blind=True)],
        {REPLIES: graph_error(10), **by_id("threads", 4, 5), "GET /6": GONE}, "part-2=4 part-3=5 part-4=6"),
}
FACEBOOKS = {
    **{f"facebook: a list shows what not everybody sees: {word}": watch("facebook", [LIVE, seen(V.LIMITED, word), LIVE],
        {POSTS: page([*rows("facebook", (1, 3)), *rows("facebook", (2,), **fields)])}, many("facebook", (1, 2, 3)),
        [POSTS])
       for word, fields in (("hidden", {"is_hidden": True}), ("hidden", {"timeline_visibility": "hidden"}),
                            ("expired", {"is_expired": True}), ("unpublished", {"is_published": False}),
                            ("SELF", {"privacy": {"value": "SELF"}}))},
    "facebook: films have lists with their status": watch("facebook",
        [LIVE, seen(V.REJECTED, "error"), LIVE, LIVE, seen(V.PROCESSING, "ready")],
        {FILMS: page([{**FILM, "id": "1"}, {**facebook.DEAD.json(), "id": "2"}]),
         REELS: page([{**FILM, "id": "3"}, {**FILM, "id": "4"}, {**facebook.PUBLISHING.json(), "id": "5"}])},
        "1 2 3 4 5", [FILMS, REELS]),
    "facebook: a blocked film": watch("facebook", [seen(V.LIMITED, "BLOCK: Canada, India")],
        {"GET /1": ok({**FILM, "id": "1", **check("complete", BLOCKED)})}, "1"),
    "facebook: a blocked film in a list": watch("facebook", [seen(V.LIMITED, "BLOCK: Canada, India"), LIVE, LIVE],
        {FILMS: page([{**FILM, "id": "1", **check("complete", BLOCKED)}, *({**FILM, "id": one} for one in "23")])},
        "1 2 3", [(FILMS, {"fields": f"id,{VIDEO_FIELDS},{CHECK}"})]),
    "facebook: a list of posts says who sees them": watch("facebook", [LIVE] * 3,
        {POSTS: page(rows("facebook", (1, 2, 3)))}, many("facebook", (1, 2, 3)),
        [(POSTS, {"fields": f"{FIELDS},{TARGETS}"})]),
    "facebook: expired, and so unpublished": watch("facebook", [seen(V.LIMITED, "expired")],
        {f"GET /{PAGE}_1": ok(rows("facebook", [1], is_expired=True, is_published=False)[0])}, f"{PAGE}_1"),
    "facebook: comments come last": watch("facebook", [LIVE] * 4,
        {**by_id("facebook", 1, 2, 3), "GET /5_6": ok({"id": "5_6"})}, f"comment=5_6 {many('facebook', (1, 2, 3))}",
        [POSTS, *[f"GET /{PAGE}_{one}" for one in (1, 2, 3)], "GET /5_6"]),
    "facebook: a film that failed is not blocked": watch("facebook", [seen(V.REJECTED, "error")],
        {"GET /1": ok({**facebook.DEAD.json(), "id": "1", **check("complete", BLOCKED)})}, "1"),
    "facebook: stories are listed by both of their ids": watch("facebook", [LIVE] * 3,
        {STORIES: page([{"post_id": "1", "media_id": "9"}, {"post_id": "8", "media_id": "2"},
                        {"post_id": "3", "media_id": "7"}])}, "1 2 3", [FILMS, REELS, STORIES]),
    "facebook: a comment is read by its id, after the posts": watch("facebook", [LIVE] * 4,
        {POSTS: page(rows("facebook", (1, 2, 3))), "GET /5_6": ok({"id": "5_6"})},
        f"comment=5_6 {many('facebook', (1, 2, 3))}", [POSTS, "GET /5_6"]),
}
# fmt: on
CASES = {**EVERYWHERE, **INSTAGRAMS, **THREADED, **FACEBOOKS}
