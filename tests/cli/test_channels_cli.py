"""`munadi channels`, with an API and without one."""

import json
from collections.abc import Callable

import httpx
import pytest
from typer.testing import Result

from munadi.channels.registry import channel_views
from munadi.domain.channel import ChannelName
from tests.cli.conftest import FakeApi, problem

Munadi = Callable[..., Result]


def test_without_an_api_it_is_what_was_packaged_and_says_so(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels/bluesky", httpx.ConnectError("refused"))
    result = munadi("channels", "describe", "bluesky")
    assert result.exit_code == 0
    assert "not reachable" in result.stderr
    assert "as packaged with munadi" in result.stderr
    assert "300 graphemes" in result.stdout
    told = json.loads(munadi("channels", "describe", "bluesky", "--json").stdout)
    assert told.pop("packaged")
    assert told == next(view for view in channel_views() if view.name == "bluesky").model_dump(mode="json")


def test_offline_asks_nobody(munadi: Munadi, api: FakeApi) -> None:
    result = munadi("channels", "list", "--offline", "--json")
    assert {each["name"] for each in json.loads(result.stdout)["data"]} == set(ChannelName)
    assert api.requests == []
    unknown = munadi("channels", "describe", "nowhere", "--offline")
    assert unknown.exit_code == 1
    assert "There are:" in unknown.stderr


@pytest.mark.parametrize(("status", "code"), [(401, 4), (404, 1)])
def test_an_answer_is_an_answer(munadi: Munadi, api: FakeApi, status: int, code: int) -> None:
    api.on("GET /v1/channels/bluesky", problem(status))
    assert munadi("channels", "describe", "bluesky").exit_code == code
