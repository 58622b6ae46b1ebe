"""The form of an accepted post, and the page of a post: what they show, and who may open the form."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from munadi.domain.publication import PublicationStatus, Warning_
from munadi.intake.warnings import WarningCode
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness, later
from tests.api.markup import faults
from tests.api.test_dashboard_posts import expect_words


def opened(page: str) -> dict[str, Any]:
    found = re.search(r'data-post="([^"]+)"', page)
    assert found is not None
    read: dict[str, Any] = json.loads(html.unescape(found[1]))
    return read


async def test_a_scheduled_post_opens_in_its_own_zone(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    sent = {"scheduledAt": "2027-01-05T09:00:00", "timezone": "Asia/Kolkata", "metadata": {"campaign": "rain"}}
    made = await api.submit(text="<b>Soon</b>", clientRef="cms-1", **sent)
    first = await dashboard.get(f"/contents/{made['id']}/edit?brandRef=rival")
    assert first.headers["location"] == f"/contents/{made['id']}/edit?brandRef=acme"
    page = await dashboard.page(f"/contents/{made['id']}/edit?brandRef=acme")
    assert faults(page) == []
    form = opened(page)
    content = form["content"]
    assert (form["version"], content["scheduledAt"], content["timezone"]) == (
        made["version"],
        "2027-01-05T09:00",
        "Asia/Kolkata",
    )
    assert (content["publishBy"], content["withdrawAt"]) == (None, None), "the default window is an empty field"
    assert (content["clientRef"], content["metadata"]) == ("cms-1", {"campaign": "rain"})
    assert f'href="/contents/{made["id"]}/edit"' in await dashboard.page("/contents")
    assert f'href="/contents/{made["id"]}/edit"' in await dashboard.page(f"/contents/{made['id']}")
    assert f'href="/contents/{made["id"]}/edit"' in await dashboard.page(f"/contents/{made['id']}/card")


async def test_a_post_that_cannot_be_edited_has_no_form(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    out = await api.submit(text="Out")
    await api.move(out["id"], PublicationStatus.FAILED)
    waits = await api.submit(text="Waits", scheduledAt=later(days=2))
    path = f"/contents/{out['id']}"
    assert (await dashboard.get(f"{path}/edit")).headers["location"] == path
    assert f"{path}/edit" not in await dashboard.page(path)
    async with api.dashboard(await api.key(Scope.CONTENTS_READ, Scope.ACCOUNTS_READ)) as reader:
        path = f"/contents/{waits['id']}"
        assert (await reader.get(f"{path}/edit")).headers["location"] == path
        assert f"{path}/edit" not in await reader.page("/contents")
    rival = await api.key(Scope.CONTENTS_WRITE, Scope.CONTENTS_READ, Scope.ACCOUNTS_READ, brand_ref="rival")
    async with api.dashboard(rival) as other:
        assert (await other.get(f"/contents/{waits['id']}/edit")).status_code == 404


async def test_the_same_warning_about_two_networks_is_one_note_and_goes_when_it_was_on_time(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    await api.add_account(ChannelName.THREADS)
    made = await api.submit(text="Twice", channels=["bluesky", "threads"])
    late = WarningCode.PREPARATION_MAY_BE_LATE.value
    async with api.locked(made["id"]) as content:
        content.draft.warnings = [
            Warning_(code=code, message=f"{title} {said}", channel=title.lower()).stored()
            for title in ("Bluesky", "Threads")
            for code, said in ((late, "may be late"), (WarningCode.LINK_APPENDED.value, "appends it"))
        ]
    page = await dashboard.page(f"/contents/{made['id']}")
    assert (page.count("appends it"), page.count("Bluesky may be late")) == (1, 1)
    expect_words(page, "The same goes for Threads.")
    assert page.index('id="what"') < page.index('id="where"'), "the post is first"
    async with api.locked(made["id"]) as content:
        for row, lateness in zip(content.publications, (20, 4_000), strict=True):
            row.status, row.lateness_ms = PublicationStatus.PUBLISHED, lateness
    page = await dashboard.page(f"/contents/{made['id']}")
    assert ("Bluesky may be late" in page, "Threads may be late" in page) == (False, True)


async def test_boards_are_offered_by_their_names(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    facts = {"boards": {"12": "zebras", "34": "Ants & bees"}}
    account_id = await api.add_account(ChannelName.PINTEREST, facts=facts)
    await api.add_account(ChannelName.PINTEREST, handle="unread", facts={"boards": None})
    page = await dashboard.page("/compose?brandRef=acme")
    assert faults(page) == []
    box = page.partition(f'value="{account_id}"')[2].partition(">")[0]
    found = re.search(r'data-listed="([^"]+)"', box)
    assert found is not None
    assert json.loads(html.unescape(found[1])) == {"boardId": [["34", "Ants & bees"], ["12", "zebras"]]}
    assert page.count("data-listed") == 1, "an account whose boards are not known takes an id"
