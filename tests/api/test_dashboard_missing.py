"""A live post without its first comment needs a person: it is shown, counted, explained and dismissed."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest

from munadi.domain.failure import Effect, Reason
from munadi.domain.outcome import GivenUp, Live
from munadi.domain.publication import FIRST_COMMENT_FAILED, THUMBNAIL_FAILED, PublicationStatus, Published, Warning_
from munadi.publishing.outcomes import apply_outcome
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.problems import expect_problem
from tests.api.test_dashboard_posts import READ, expect_words
from tests.api.test_dismissals import count_of

S = PublicationStatus
COMMENT = "comment"
SAID = "(#200) the permission to comment is missing"


async def lose(api: ApiHarness, because: Reason = Reason.MISSING_SCOPE, **fields: Any) -> dict[str, Any]:
    """A post that is live, and whose first comment was refused."""
    made = await api.submit(**fields)
    await api.move(made["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    text = f"the post is live; its first comment is missing: MISSING_SCOPE (200): {SAID}"
    warning = Warning_(code=FIRST_COMMENT_FAILED, message=text, channel="bluesky")
    outcome = GivenUp(warning, because, Effect.REJECTED)
    async with api.locked(made["id"]) as content:
        row = content.publications[0]
        row.steps_left, row.provider_url = [COMMENT], f"https://bsky.example/{row.id}"
        await apply_outcome(content, row, None, step=COMMENT, epoch=row.epoch, outcome=outcome)
    return await api.read_content(made["id"])


@pytest.mark.each_database
async def test_a_lost_comment_is_shown_counted_and_dismissed(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await lose(api)
    assert made["status"] == "published"
    page = await dashboard.page("/attention")
    assert faults(page) == []
    assert count_of(page) == "1"
    card = unescape(page.partition('<article class="card cause" id="lacks-')[2].partition("</article>")[0])
    expect_words(
        card, "the post is live, and its first comment is missing", SAID, "write the comment below the post there",
        "Reconnect", f"/contents/{made['id']}", made["publications"][0]["providerUrl"], "I added it by hand", "Dismiss",
    )  # fmt: skip
    assert "MISSING_SCOPE" not in card, "the code of the refusal is for programs"
    assert ("/retry" in card, "/compose?copy" in card) == (False, False)
    calls = json.loads(re.findall(r"data-actions='([^']+)'", card)[-1])
    path = f"/v1/publications/{made['publications'][0]['id']}"
    assert calls == [{"path": f"{path}/dismiss", "body": {"because": "not_needed"}}]
    assert (await dashboard.act("POST", calls[0]["path"], calls[0]["body"])).status_code == 200
    page = await dashboard.page("/attention")
    assert count_of(page) is None
    expect_words(page, "You’re all caught up", f"{path}/undismiss", "s-published")
    assert (await api.read_content(made["id"]))["publications"][0]["status"] == "published"
    assert (await dashboard.act("POST", f"{path}/undismiss", {})).status_code == 200
    assert count_of(await dashboard.page("/attention")) == "1"


async def test_posts_of_one_refusal_are_one_row_of_their_own_brand(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    for number in range(3):
        await lose(api, text=f"No {number}")
    await lose(api, Reason.OUTCOME_UNKNOWN)
    page = await dashboard.page("/attention?brandRef=acme")
    rows = re.findall(r'<article class="card cause" id="lacks-acc_[^-]+-([^"]+)"', page)
    assert sorted(rows) == ["first_comment_failed-missing_scope", "first_comment_failed-outcome_unknown"]
    expect_words(page, "3 posts", "I added all 3 by hand", "It may be there after all: check first.")
    assert count_of(page) == "4"
    assert count_of(await dashboard.page("/attention?brandRef=rival")) is None
    async with api.dashboard(await api.key(*READ, brand_ref="rival")) as rival:
        page = await rival.page("/attention")
    assert ("lacks-" in page, count_of(page)) == (False, None)


async def test_a_thumbnail_that_was_refused_is_missing_too(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = await api.submit()
    await api.move(made["id"], S.QUEUED, S.PUBLISHING)
    lost = Warning_(code=THUMBNAIL_FAILED, message="the video is published without its thumbnail: too large")
    outcome = Live(Published(post_id="1", warnings=(lost,)))
    async with api.locked(made["id"]) as content:
        row = content.publications[0]
        await apply_outcome(content, row, None, step="post", epoch=row.epoch, outcome=outcome)
    page = unescape(await dashboard.page("/attention"))
    expect_words(page, "the video is live without its thumbnail", "too large", "set the thumbnail there")


async def test_a_complete_post_is_not_dismissed(api: ApiHarness) -> None:
    made = await api.submit()
    await api.move(made["id"], S.QUEUED, S.PUBLISHING, S.PUBLISHED)
    path = f"/v1/publications/{made['publications'][0]['id']}/dismiss"
    expect_problem(await api.post(path, {}), 409, "NOT_FAILED")
