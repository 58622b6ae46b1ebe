"""The pages for plans: a queue with its weekly times, series with their rule in words, and imports row by row."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from api.dashboard.rules import rule_in_words
from api.languages.catalogue import Language, current
from munadi.domain.channel import ChannelName
from munadi.domain.key import Scope
from tests.api.dashboard import DashboardBrowser
from tests.api.harness import ApiHarness, later
from tests.api.markup import faults
from tests.api.problems import expect_problem
from tests.api.test_dashboard_posts import expect_words
from tests.api.test_imports import ended, row, send
from tests.api.test_series import create as create_series
from tests.api.test_series import make
from tests.api.test_slots import DAILY, add, put


async def test_a_queue_shows_its_weekly_times_the_posts_that_took_them_and_what_is_free(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    expect_words(await dashboard.page("/queue?brandRef=acme"), "There are no weekly times yet", "No times to come")
    await put(api, DAILY)
    first, second = await add(api, "The first one"), await add(api, "The second one")
    page = await dashboard.page("/queue")
    assert faults(page) == []
    expect_words(
        page, "Weekly times", "Monday", "10:00", "The first one", "free", 'data-shift="-1"', "Pause this queue?"
    )
    assert f'data-order="{first["id"]} {second["id"]}"' in page
    assert page.count("slot-time") == 14
    assert (await dashboard.page("/queue?further=true")).count("slot-time") == 60
    await api.request("POST", "/v1/brands/acme/slots/pause", {})
    expect_words(await dashboard.page("/queue"), "paused", "posts in these times wait", "slots/resume")


async def test_a_key_that_only_reads_sees_a_queue_and_no_buttons(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    await put(api, DAILY)
    await dashboard.sign_in(await api.key(Scope.CONTENTS_READ))
    page = await dashboard.page("/queue?brandRef=acme")
    assert "10:00" in page
    assert not any(word in page for word in ("add-times", "data-remove-slot", "data-shift", "slots/pause"))


async def test_series_are_listed_in_words_with_their_next_dates_and_posts(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    expect_words(await dashboard.page("/series?brandRef=acme"), "No series yet", "/compose?repeat=true")
    made = await create_series(api, rrule="FREQ=WEEKLY;BYDAY=MO,TH;COUNT=12", variants=["One", "Two"])
    await make(api)
    page = await dashboard.page("/series")
    assert faults(page) == []
    expect_words(page, "Every week on Monday and Thursday at 10:00, 12 times", "Good morning", "active")
    one = await dashboard.page(f"/series/{made['id']}")
    assert faults(one) == []
    expect_words(one, "The next 10 dates", "Edit this one", "not made yet", "End and cancel its posts", "Texts in turn")
    listed = (await api.read("/v1/contents", params={"seriesId": made["id"]}))["data"]
    assert len(listed) == 4
    assert {post["seriesId"] for post in listed} == {made["id"]}
    assert all(f'href="/contents/{post["id"]}"' in one for post in listed)
    form = await dashboard.page(f"/series/{made['id']}/edit")
    assert faults(form) == []
    expect_words(form, "Edit the series", "FREQ=WEEKLY", "Save the series")
    await api.request("DELETE", f"/v1/series/{made['id']}?cancel=true")
    expect_words(await dashboard.page(f"/series/{made['id']}"), "stopped", "Ended")
    assert (await dashboard.get(f"/series/{made['id']}/edit")).headers["location"] == f"/series/{made['id']}"


async def test_posts_of_a_series_that_does_not_exist_are_not_found(api: ApiHarness) -> None:
    answer = await api.get("/v1/contents", params={"seriesId": "ser_00000000000000000000000000"})
    expect_problem(answer, 404, "NOT_FOUND")


async def test_the_dates_of_a_rule_are_shown_before_it_is_stored(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    asked = "/series/dates?start=2026-12-01T10:00&timezone=Asia/Kolkata&rule="
    found = (await dashboard.get(f"{asked}FREQ=MONTHLY;BYDAY=-1FR")).json()
    assert found["words"] == "Every month on the last Friday at 10:00"
    assert (len(found["dates"]), found["dates"][0]) == (10, "Fri 25 Dec 2026, 10:00")
    assert "BYDAY is a list of" in (await dashboard.get(f"{asked}FREQ=WEEKLY;BYDAY=XX")).json()["problems"][0]
    assert (await dashboard.get(f"{asked}FREQ=DAILY;UNTIL=20261130")).json()["problems"] != []


@pytest.mark.parametrize(
    ("rule", "words", "hindi"),
    [
        ("FREQ=DAILY", "Every day at 09:05", "हर दिन, 09:05 बजे"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=1", "Every 3 days at 09:05, once", "हर 3 दिन पर, 09:05 बजे, एक बार"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Every working day at 09:05", "हर कामकाजी दिन, 09:05 बजे"),
        ("FREQ=WEEKLY", "Every week on Tuesday at 09:05", "हर सप्ताह मंगलवार को, 09:05 बजे"),
        ("FREQ=MONTHLY", "Every month on day 1 at 09:05", "हर महीने 1 तारीख को, 09:05 बजे"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "Every month on the last day at 09:05", "हर महीने आख़िरी दिन, 09:05 बजे"),
        (
            "FREQ=YEARLY;UNTIL=20301231",
            "Every year on 1 December at 09:05, until 31 December 2030",
            "हर साल 1 दिसंबर को, 09:05 बजे, 31 दिसंबर 2030 तक",
        ),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1",
            "By the rule FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1 at 09:05",
            "नियम FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=-1 के अनुसार, 09:05 बजे",
        ),
    ],
)
def test_a_rule_in_words(rule: str, words: str, hindi: str) -> None:
    assert rule_in_words(rule, "2026-12-01T09:05") == words
    token = current.set(Language.HINDI)
    try:
        assert rule_in_words(rule, "2026-12-01T09:05") == hindi
    finally:
        current.reset(token)


async def test_an_import_is_shown_row_by_row_with_its_problems_as_a_table(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    lines: list[Any] = [row(1), row(2, channels=["tiktok"]), row(3, rowKey="=cmd()", text="x" * 400)]
    content = "\n".join(json.dumps(line) for line in lines)
    found = await ended(api, await send(api, content, query="&dryRun=true"))
    page = await dashboard.page("/imports?brandRef=acme")
    assert faults(page) == []
    expect_words(page, "Import posts from a file", "Check only", "3 rows", "2 refused", "with refusals")
    one = await dashboard.page(f"/imports/{found['id']}")
    assert faults(one) == []
    expect_words(one, "Check of a file", "would be accepted", "refused", "Problems as CSV", "Nothing is stored")
    assert (await dashboard.page(f"/imports/{found['id']}?status=valid")).count('<th scope="row"') == 1
    answer = await dashboard.get(f"/imports/{found['id']}/problems.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    table = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert table[0] == ["line", "rowKey", "column", "code", "message"]
    assert {line[0] for line in table[1:]} == {"2", "3"}
    assert {line[1] for line in table[1:]} == {"r2", "'=cmd()"}, "no formula for a spreadsheet"


async def test_a_calendar_shows_what_its_chips_choose_and_drafts_with_a_time(
    api: ApiHarness, dashboard: DashboardBrowser
) -> None:
    threads = await api.add_account(ChannelName.THREADS)
    on_threads = await api.submit(
        text="On Threads", scheduledAt=later(days=1), channels=[{"channel": "threads", "accountId": threads}]
    )
    canceled = await api.submit(text="Canceled one", scheduledAt=later(days=2))
    await api.change(canceled["id"], "cancel")
    on = [{"channel": "threads"}]
    draft = {"brandRef": "acme", "text": "Half written", "scheduledAt": later(days=3), "channels": on}
    await api.create("/v1/drafts", draft)
    await api.create("/v1/drafts", {"brandRef": "acme", "text": "No time", "scheduledAt": "some day"})
    all_texts = {"On Threads", "Canceled one", "Half written"}
    for query, shown in (
        ("", all_texts),
        ("&channel=threads", {"On Threads", "Half written"}),
        ("&state=canceled", {"Canceled one"}),
        ("&state=draft", {"Half written"}),
        ("&state=coming&state=canceled", {"On Threads", "Canceled one"}),
        (f"&accountId={threads}", {"On Threads"}),
    ):
        for view in ("month", "week"):
            page = await dashboard.page(f"/calendar?brandRef=acme&view={view}{query}")
            assert faults(page) == []
            assert {each for each in all_texts if each in page} == shown, (query, view)
            assert "No time" not in page
    found = await api.read("/v1/calendar", params={"since": "2026-12-01", "until": "2026-12-31", "channel": "threads"})
    assert sum(day["total"] for day in found["days"]) == 1
    card = await dashboard.page(f"/contents/{on_threads['id']}/card")
    expect_words(card, "On Threads", "accepted", "Threads", "/cancel", "/publish-now", "Duplicate")


async def test_posts_are_listed_by_the_time_at_which_they_are_due(api: ApiHarness, dashboard: DashboardBrowser) -> None:
    made = [(await api.submit(text=f"On day {day}", scheduledAt=later(days=day)))["id"] for day in (2, 5, 3, 1, 4)]
    by_time = [made[1], made[4], made[2], made[0], made[3]]
    assert await _by_due_time(api, brandRef="acme") == by_time
    assert await _by_due_time(api, since=later(days=2)) == by_time[:4]
    assert await _by_due_time(api, status="published") == []
    assert await _by_due_time(api, channel="bluesky", until=later(days=5)) == by_time[1:]
    page = await dashboard.page("/contents?brandRef=acme&sort=scheduledAt&from=2026-12-03&to=2026-12-04")
    assert faults(page) == []
    assert [number for number in "12345" if f"On day {number}" in page] == ["2", "3"]
    drafts = (await dashboard.get(f"/contents/{made[0]}/copy")).json()["drafts"]
    assert [(each["text"], "scheduledAt" in each) for each in drafts] == [("On day 2", False)]


async def _by_due_time(api: ApiHarness, **filters: str) -> list[str]:
    """The ids of all pages of two."""
    query, found = {"sort": "scheduledAt", "limit": "2", **filters}, []
    while True:
        page = await api.read("/v1/contents", params=query)
        found += [each["id"] for each in page["data"]]
        if page["nextCursor"] is None:
            return found
        query["cursor"] = page["nextCursor"]
