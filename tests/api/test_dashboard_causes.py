"""Posts that one action mends are one row, with that action and the network's own words."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

from api.dashboard.causes import causes_of
from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.publication import HoldReason
from munadi.domain.reasons import failure_of
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.test_dashboard_posts import READ, expect_words


async def refuse(api: ApiHarness, reason: Reason, count: int) -> list[str]:
    """The ids of posts that failed with this reason."""
    ids = []
    for number in range(count):
        made = await api.submit(text=f"{reason} {number}")
        async with api.locked(made["id"]) as content:
            for row in content.publications:
                await content.fail(row, failure_of(reason).model_copy(update={"provider_message": "Session <ended>"}))
        ids.append(made["id"])
    return ids


async def test_thirty_posts_of_one_dead_token_are_one_row(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    ids = await refuse(api, Reason.TOKEN_REVOKED, 30)
    await refuse(api, Reason.CONTENT_POLICY, 1)
    page = await dashboard.page("/attention")
    assert faults(page) == []
    rows = re.findall(r'<article class="card cause" id="([^"]+)"', page)
    assert [row.rpartition("-")[2] for row in rows] == ["content_policy", "token_revoked"]
    token = page.partition(rows[1])[2].partition("</article>")[0]
    expect_words(token, "30 posts", "Retry all 30", "Reconnect", "Session &lt;ended&gt;", 'href="/accounts/acc_')
    calls = json.loads(unescape(re.search(r"data-actions='([^']+)'", token)[1]))  # type: ignore[index]
    assert {call["path"] for call in calls} == {f"/v1/contents/{content_id}/retry" for content_id in ids}
    assert all(len(call["body"]["publicationIds"]) == 1 for call in calls)
    answer = await dashboard.act("POST", calls[0]["path"], calls[0]["body"], headers={"Idempotency-Key": "one"})
    assert answer.status_code == 202, answer.text
    policy = page.partition(rows[0])[2].partition("</article>")[0]
    assert "/retry" not in policy, "a retry does not help"
    assert "Retry all 29" in await dashboard.page("/attention")


async def test_a_reader_sees_causes_without_actions(api: ApiHarness) -> None:
    await refuse(api, Reason.PROVIDER_OUTAGE, 2)
    async with api.dashboard(await api.key(*READ)) as reader:
        page = await reader.page("/attention")
    assert ("PROVIDER_OUTAGE" in page, "data-actions" in page) == (True, False)
    assert Scope.CONTENTS_WRITE not in READ


def waiting(reason: HoldReason, account: str = "acc_1") -> dict[str, Any]:
    publication = {
        "id": "pub_1", "channel": "threads", "accountId": account, "status": "queued", "failure": None,
        "hold": {"reason": reason.value, "since": None, "until": None},
    }  # fmt: skip
    return {"id": f"cnt_{reason}", "publications": [publication, {**publication, "hold": None}]}


def test_waiting_posts_are_grouped_by_account_and_condition() -> None:
    posts = [waiting(HoldReason.TOKEN), waiting(HoldReason.TOKEN, "acc_2"), waiting(HoldReason.OUTAGE)]
    posts.append({**waiting(HoldReason.TOKEN), "id": "cnt_other"})
    found = causes_of(posts)
    assert [(cause.account_id, cause.reason, len(cause.posts), cause.reconnects) for cause in found] == [
        ("acc_1", "TOKEN", 2, True), ("acc_2", "TOKEN", 1, True), ("acc_1", "OUTAGE", 1, False),
    ]  # fmt: skip
    assert causes_of([]) == []
