"""Pages of long rows are short, and `nextCursor` leads to the rest."""

from __future__ import annotations

from tests.api.harness import ApiHarness

LONG = "😀" * 60_000  # 720 kB as JSON in its source, and as much again in what was resolved


async def test_pages_of_long_posts_and_of_their_events_are_short(api: ApiHarness) -> None:
    channel = {"channel": "bluesky", "text": "hi"}
    made = [(await api.submit(text=LONG, channels=[channel]))["id"] for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        answer = (await api.get(f"/v1/contents?limit=100{cursor}")).json()
        assert 1 <= len(answer["data"]) <= 2
        seen += [post["id"] for post in answer["data"]]
        if answer["nextCursor"] is None:
            break
        cursor = f"&cursor={answer['nextCursor']}"
    assert seen == made[::-1]
    events = (await api.get("/v1/events?after=0&limit=100")).json()
    assert 1 <= len(events["data"]) < 5
    rest = (await api.get(f"/v1/events?cursor={events['nextCursor']}&limit=100")).json()
    assert rest["data"][0]["position"] == events["data"][-1]["position"] + 1
