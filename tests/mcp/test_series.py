"""An agent repeats a post by a rule, and finds the posts of the series."""

from __future__ import annotations

from tests.mcp.conftest import Agent, words

SENT = {
    "brandRef": "acme",
    "rrule": "FREQ=WEEKLY;BYDAY=MO,TH;COUNT=4",
    "start": "2026-12-07T09:00",
    "timezone": "Asia/Kolkata",
    "text": "Umbrella of the week",
    "variants": ["One", "Two"],
}


async def test_an_agent_creates_a_series_once_and_lists_it(agent: Agent) -> None:
    account = (await agent.data("list_accounts", brandRef="acme"))["data"][0]
    made = await agent.ask("create_series", accountIds=[account["id"]], **SENT)
    assert "Created. Each date becomes an ordinary post" in words(made)
    assert "2026-12-07T03:30:00Z" in words(made)
    again = await agent.data("create_series", accountIds=[account["id"]], **SENT)
    series = made.structured_content["series"]
    assert again["series"]["id"] == series["id"], "a repeated call makes no second series"
    assert series["content"]["channels"] == [{"channel": account["channel"], "accountId": account["id"]}]
    page = await agent.data("list_series", brandRef="acme")
    assert [each["id"] for each in page["data"]] == [series["id"]]
    assert (await agent.data("list_contents", seriesId=series["id"]))["data"] == []


async def test_a_rule_that_is_refused_says_why(agent: Agent) -> None:
    account = (await agent.data("list_accounts", brandRef="acme"))["data"][0]
    refused = await agent.ask("create_series", accountIds=[account["id"]], **SENT | {"rrule": "FREQ=HOURLY"})
    assert refused.is_error
    assert "FREQ is one of DAILY" in words(refused)
