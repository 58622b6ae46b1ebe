"""`munadi slots`, `munadi series` and `--slot`: what they send, and what they refuse to send."""

import json
from pathlib import Path

import httpx

from api.openapi.planning_examples import SERIES, SLOTS, TIMES
from munadi.process.exits import Exit
from tests.cli.conftest import FakeApi, Munadi, content


def test_weekly_times_are_set_as_they_are_written(munadi: Munadi, api: FakeApi) -> None:
    api.on("PUT /v1/brands/acme/slots", SLOTS)
    made = munadi("slots", "set", "acme", "Monday@09:00", "friday@17:30@acc_1")
    assert made.exit_code == 0, made.output
    monday = {"weekday": "monday", "time": "09:00"}
    friday = {"weekday": "friday", "time": "17:30", "accountId": "acc_1"}
    assert api.bodies("PUT /v1/brands/acme/slots") == [{"slots": [monday, friday]}]
    assert "Asia/Kolkata" in made.output
    refused = munadi("slots", "set", "acme", "monday")
    assert (refused.exit_code, "monday@09:00" in refused.stderr) == (Exit.USAGE, True)


def test_queues_are_shown_reordered_and_paused(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/brands/acme/slots/times", TIMES)
    shown = munadi("slots", "times", "acme").stdout
    assert "cnt_01h2xcejqtf2nbrexx3vqjhp42" in shown
    assert "free" in shown
    api.on("POST /v1/brands/acme/slots/reorder", TIMES)
    assert munadi("slots", "reorder", "acme", "--content-id", "cnt_2", "--content-id", "cnt_1").exit_code == 0
    assert api.bodies("POST /v1/brands/acme/slots/reorder") == [{"contentIds": ["cnt_2", "cnt_1"]}]
    paused = {**SLOTS, "queues": [{"accountId": None, "pausedSince": "2027-01-15T03:30:00Z"}]}
    api.on("POST /v1/brands/acme/slots/pause", paused)
    assert "paused since" in munadi("slots", "pause", "acme").stderr


def test_a_post_takes_a_slot_by_name_or_after_a_time(munadi: Munadi, api: FakeApi) -> None:
    api.on("POST /v1/contents", httpx.Response(202, json=content()))
    for slot in ("next", "last", "2027-01-15T00:00:00Z"):
        args = ("--brand-ref", "acme", "--channel", "bluesky", "--text", "Hello", "--slot", slot)
        assert munadi("contents", "publish", *args).exit_code == 0
    sent = [body["slot"] for body in api.bodies("POST /v1/contents")]
    assert sent == ["next", "last", {"after": "2027-01-15T00:00:00Z"}]


def test_a_series_is_made_shown_and_stopped(munadi: Munadi, api: FakeApi, tmp_path: Path) -> None:
    file = tmp_path / "series.json"
    file.write_text(json.dumps({"brandRef": "acme", "rrule": "FREQ=DAILY"}))
    problem = {"pointer": "/content/channels/0", "code": "ACCOUNT_UNKNOWN", "message": "connect one first"}
    api.on("POST /v1/series", httpx.Response(201, json={**SERIES, "problems": [problem]}))
    made = munadi("series", "create", "--file", str(file))
    assert api.bodies("POST /v1/series") == [{"brandRef": "acme", "rrule": "FREQ=DAILY"}]
    for expected in ("refused", "connect one first"):
        assert expected in made.output
    api.on("DELETE /v1/series/ser_1", httpx.Response(204))
    assert "stopped" in munadi("series", "stop", "ser_1", "--cancel").output
