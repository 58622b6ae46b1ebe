"""`munadi sandbox clock|fault|faults|reset` against a running sandbox."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from munadi.cli.app import app
from tests.sandbox.conftest import DAY, Sandbox


def munadi(at: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["sandbox", *arguments], env={"MUNADI_SANDBOX_URL": at})


def shown(at: str, *arguments: str) -> Any:
    found = munadi(at, *arguments, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_the_clock_of_a_brand_is_moved_and_shown(sandbox: Sandbox) -> None:
    moved = shown(sandbox.url, "clock", "--brand", "acme-test", "--advance-days", "61")
    assert moved["shiftSeconds"] == 61 * DAY
    assert "61 days" in munadi(sandbox.url, "clock", "--brand", "acme-test").stdout
    assert shown(sandbox.url, "clock")["shiftSeconds"] == 0


def test_faults_of_a_brand_are_planted_listed_and_removed(sandbox: Sandbox) -> None:
    planted = shown(sandbox.url, "fault", "bluesky", "--brand", "acme-test", "--status", "503", "--times", "0")
    fields = ("channel", "operation", "mode", "brand", "status", "times")
    assert [planted[name] for name in fields] == ["bluesky", "visible", "error", "acme-test", 503, None]
    for_all = shown(sandbox.url, "fault", "x", "--mode", "delay", "--delay-seconds", "2", "--operation", "me")
    assert (for_all["brand"], for_all["times"], for_all["delaySeconds"]) == (None, 1, 2)
    assert [each["id"] for each in shown(sandbox.url, "faults")["data"]] == [planted["id"], for_all["id"]]
    assert "until removed" in munadi(sandbox.url, "faults", "--brand", "acme-test").stdout
    removed = shown(sandbox.url, "faults", "--brand", "acme-test", "--remove")["removed"]
    assert [each["id"] for each in removed] == [planted["id"]]
    assert [each["id"] for each in shown(sandbox.url, "faults")["data"]] == [for_all["id"]]


def test_a_brand_is_reset_alone(sandbox: Sandbox) -> None:
    for brand in ("acme-test", "rival-test"):
        shown(sandbox.url, "clock", "--brand", brand, "--advance-days", "1")
        shown(sandbox.url, "fault", "bluesky", "--brand", brand)
    assert shown(sandbox.url, "reset", "--brand", "acme-test") == {"status": "ok"}
    clocks = [shown(sandbox.url, "clock", "--brand", brand)["shiftSeconds"] for brand in ("acme-test", "rival-test")]
    assert clocks == [0, DAY]
    assert [each["brand"] for each in shown(sandbox.url, "faults")["data"]] == ["rival-test"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("fault", "blusky"), 1, "there are bluesky"),
        (("fault", "bluesky", "--operation", "putRekord"), 1, "unknown operation"),
        (("fault", "bluesky", "--brand", "ACME!"), 1, "brand"),
        (("fault", "bluesky", "--mode", "explode"), 1, "accept_then_reset"),
        (("clock", "--advance-days", "-1"), 2, "advance-days"),
        (("clock", "--at", "http://127.0.0.1:1"), 3, "there is no sandbox at"),
        (("clock", "--at", "nonsense"), 3, "there is no sandbox at"),
    ],
)
def test_a_refusal_says_why(sandbox: Sandbox, arguments: tuple[str, ...], code: int, words: str) -> None:
    refused = munadi(sandbox.url, *arguments)
    assert (refused.exit_code, words in refused.output) == (code, True), refused.output
    assert sandbox.control("GET", "/faults") == []
