"""People dismiss failures that they have dealt with, and undo it. A retry, or a new failure, is never hidden."""

from __future__ import annotations

import re

from munadi.domain.failure import Reason
from munadi.domain.key import Scope
from munadi.domain.reasons import failure_of
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness
from tests.api.markup import faults
from tests.api.problems import expect_errors, expect_problem
from tests.api.test_dashboard_causes import refuse
from tests.api.test_dashboard_posts import READ


async def failed(api: ApiHarness) -> tuple[str, str]:
    """A failed post and the path of its publication."""
    [content_id] = await refuse(api, Reason.CONTENT_POLICY, 1)
    return content_id, f"/v1/publications/{(await api.read_content(content_id))['publications'][0]['id']}"


async def listed(api: ApiHarness, dismissed: bool) -> list[str]:
    found = await api.read_list("/v1/contents", params={"dismissed": dismissed, "status": "failed"})
    return [content["id"] for content in found]


def count_of(page: str) -> str | None:
    """The number beside "Needs attention" in the navigation."""
    found = re.search(r'class="nav-count">.*?</span>([^<]+)</span>', page)
    return found[1] if found else None


async def test_a_dismissal_is_remembered_and_can_be_undone(api: ApiHarness) -> None:
    content_id, path = await failed(api)
    before = await api.read_content(content_id)
    assert before["publications"][0]["dismissal"] is None
    changed = await api.create(f"{path}/dismiss", {"because": "sent_elsewhere"})
    assert (changed["status"], changed["dismissal"]["because"]) == ("failed", "sent_elsewhere")
    assert (await api.create(f"{path}/dismiss", {"because": "sent_elsewhere"}))["dismissal"] == changed["dismissal"]
    after = await api.read_content(content_id)
    assert (after["status"], after["version"]) == ("failed", before["version"] + 1)
    assert (await listed(api, True), await listed(api, False)) == ([content_id], [])
    assert (await api.create(f"{path}/dismiss", {}))["dismissal"]["because"] == "not_needed"
    for _ in range(2):
        assert (await api.create(f"{path}/undismiss", None))["dismissal"] is None
    assert (await listed(api, True), await listed(api, False)) == ([], [content_id])
    entries = await api.read_list("/v1/audit", params={"target": path.rpartition("/")[2]})
    actions = [entry["action"] for entry in entries]
    assert actions == ["publication.dismissal_undone", "publication.dismissed", "publication.dismissed"]


async def test_a_retry_ends_a_dismissal_and_a_new_failure_is_seen(api: ApiHarness) -> None:
    content_id, path = await failed(api)
    await api.create(f"{path}/dismiss", {})
    assert (await api.post(f"/v1/contents/{content_id}/retry", {})).status_code == 202
    expect_problem(await api.post(f"{path}/dismiss", {}), 409, "NOT_FAILED")
    assert (await api.read(path))["dismissal"] is None
    async with api.locked(content_id) as content:
        await content.fail(content.publications[0], failure_of(Reason.PROVIDER_OUTAGE))
    assert await listed(api, False) == [content_id]


async def test_a_wrong_reason_and_a_foreign_key_are_refused(api: ApiHarness) -> None:
    _, path = await failed(api)
    expect_errors(await api.post(f"{path}/dismiss", {"because": "bored"}), "/because")
    rival = await api.key(Scope.CONTENTS_WRITE, brand_ref="rival")
    for verb in ("dismiss", "undismiss"):
        expect_problem(await api.post(f"{path}/{verb}", {}, key=rival), 404)


async def test_the_page_stops_showing_what_was_dismissed(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    content_id, path = await failed(api)
    page = await dashboard.page("/attention")
    assert count_of(page) == "1"
    for words in (f"{path}/dismiss", "sent_elsewhere", "I posted it elsewhere"):
        assert words in page
    assert (await dashboard.act("POST", f"{path}/dismiss", {"because": "sent_elsewhere"})).status_code == 200
    page = await dashboard.page("/attention")
    assert faults(page) == []
    assert count_of(page) is None
    for words in ("You’re all caught up", "sent elsewhere", f"{path}/undismiss", "s-dismissed"):
        assert words in page
    assert "s-failed" not in page
    for other in ("/contents", f"/contents/{content_id}"):
        page = await dashboard.page(other)
        assert faults(page) == []
        assert ("s-dismissed" in page, "s-failed" in page) == (True, False)
    assert (await dashboard.act("POST", f"{path}/undismiss", {})).status_code == 200
    assert count_of(await dashboard.page("/attention")) == "1"


async def test_the_count_is_that_of_the_chosen_brand(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await refuse(api, Reason.CONTENT_POLICY, 2)
    counts = {ref: count_of(await dashboard.page(f"/contents?brandRef={ref}")) for ref in ("", "acme", "rival")}
    assert counts == {"": "2", "acme": "2", "rival": None}
    async with api.dashboard(await api.key(*READ, brand_ref="rival")) as rival:
        assert count_of(await rival.page("/contents")) is None
    async with api.dashboard(await api.key(*READ)) as reader:
        page = await reader.page("/attention")
    assert (count_of(page), "/dismiss" in page) == ("2", False)
