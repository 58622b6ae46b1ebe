"""Instagram: the first comment below a post, and a daily quota that is used up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx

from munadi.domain.failure import Effect, Reason
from munadi.domain.publication import Absent, Published, Unknown
from tests.channels.calls import NOW
from tests.channels.case import Call, Case, Fails, Live, one
from tests.channels.containers import INSTAGRAM, ONE, POST, graph_error, known
from tests.channels.network import answer, ok

R, S = Reason, Effect
NET, LIST = INSTAGRAM.publishing, INSTAGRAM.listing
DRAFT = ONE.model_copy(update={"first_comment": "Sale: #monsoon"})
KNOWN = known(posts={"post": POST})
WRITE, READ = f"POST /{POST}/comments", f"GET /{POST}/comments"
LIMIT = f"GET /{INSTAGRAM.account.external_id}/content_publishing_limit"
HOUR = timedelta(hours=1)


def comments(*texts: Any, after: str | None = None) -> httpx.Response:
    """A list of comments, which may continue."""
    stamp = INSTAGRAM.listed()["timestamp"]
    data = [{"id": f"178{index}", "text": text, "timestamp": stamp} for index, text in enumerate(texts)]
    return ok({"data": data, "paging": {"cursors": {"after": after}, "next": "https://never.example"} if after else {}})


def usage(used: int, total: int) -> httpx.Response:
    return ok({"data": [{"quota_usage": used, "config": {"quota_total": total, "quota_duration": 86_400}}]})


def posted(ages: list[timedelta], total: int) -> Any:
    """The answer about the limit of an account whose last posts have these ages."""

    def limit(request: httpx.Request) -> httpx.Response:
        since = float(request.url.params.get("since", (NOW - 24 * HOUR).timestamp()))
        assert since >= (NOW - 24 * HOUR).timestamp()
        return usage(sum(1 for age in ages if (NOW - age).timestamp() > since), total)

    return limit


def for_the_day_only(request: httpx.Request) -> httpx.Response:
    return graph_error(100) if "since" in request.url.params else usage(50, 50)


def capped(limit: Any, words: str = "") -> Case:
    """The limit is read again in an hour."""
    outcome = Fails(R.DAILY_CAP_REACHED, S.NOT_SENT, words=words, wait=3600)
    return one("publish", NET, ONE, outcome, {INSTAGRAM.publish: graph_error(9, 2207042), LIMIT: limit}, state=known())


# fmt: off
CASES = {
    "a comment is one request, and is known by its id": Case(NET, DRAFT,
        [Call("publish comment", Published, [(WRITE, {"message": "Sale: #monsoon"})],
                saved={"posts": {"post": POST, "comment": "178"}}), Call("find comment", Live("178"), [])], KNOWN,
        {WRITE: ok({"id": "178"})}),
    "a comment below a post that is found in the list": one("publish comment", NET, DRAFT, Live("178"),
        state=known(), requests=[LIST, WRITE]),
    **{f"without the post's id no comment is sent: {number}": Case(NET, DRAFT,
            [Call("publish comment", Fails(effect=S.NOT_SENT, wait=30), [LIST]), Call("find comment", Unknown)],
            known(), {LIST: posts})
        for number, posts in enumerate((
                ok({"data": []}),
                ok({"data": [INSTAGRAM.listed(), INSTAGRAM.listed(id="2")]}),
                answer(500, "<html>")))},
    **{f"what a refusal of a comment proves: {number}": one("publish comment", NET, DRAFT, Fails(effect=effect),
            {WRITE: said}, state=KNOWN, writes=0)
        for number, (said, effect) in enumerate((
                (graph_error(10), S.REJECTED),
                (graph_error(100), S.REJECTED),
                (graph_error(100, 33), S.UNKNOWN),  # a media that is seconds old may seem to be missing
                (graph_error(2), S.UNKNOWN),
                (graph_error(4), S.NOT_SENT),
                (graph_error(190), S.NOT_SENT),
                (httpx.ReadTimeout("slow"), S.UNKNOWN)))},
    **{f"a comment is found by its text: {number}": one("find comment", NET, DRAFT, outcome, {READ: listed},
            state=KNOWN)
        for number, (listed, outcome) in enumerate((
                (comments("Sale: #monsoon"), Live("1780", at=NOW)),
                (comments("Nice!", " Sale:  #monsoon\n"), Live("1781")),
                ([comments("Nice!", after="c"), comments("Sale: #monsoon")], Live("1780")),
                (comments(), Absent),
                (comments("Sale: #monsoon!", "sale", None), Absent),
                ([comments("Nice!", after="c"), comments("Great!")], Absent),
                (comments("Sale: #monsoon", "Sale: #monsoon"), Unknown),
                (comments("Nice!", after="c"), Unknown),  # a list without end
                *((ok(odd), Unknown) for odd in ("not json", {}, {"data": None})),
                (graph_error(100, 33), Unknown),
                (answer(500, "<html>"), Unknown)))},
    # the quota; a limit that is full for every period: all posts are new, or the network ignores `since`
    **{f"a limit that cannot be read: {name}": capped(limit)
        for name, limit in (("down", answer(500, "<html>")), ("odd", ok({"data": []})), ("left", usage(1, 50)))},
    **{f"a limit that is full for every period: {number}": capped(limit)
        for number, limit in enumerate((posted([timedelta(minutes=1)], 1), usage(50, 50), usage(0, 0)))},
    "a limit that is known for the whole day only": capped(for_the_day_only, "50 of 50 posts"),
    "other refusals read no limit": one("publish", NET, ONE, Fails(R.RATE_LIMITED),
        {INSTAGRAM.publish: graph_error(4)}, state=known(), requests=[INSTAGRAM.publish]),
}
