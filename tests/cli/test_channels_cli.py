"""`munadi channels`, with an API and without one."""

import json

import httpx

from munadi.channels.registry import channel_views
from munadi.domain.channel import ChannelName
from tests.cli.conftest import FakeApi, Munadi, problem


def test_without_an_api_the_packaged_channels_are_shown_with_a_note(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels/bluesky", httpx.ConnectError("refused"))
    result = munadi("channels", "describe", "bluesky")
    assert result.exit_code == 0
    assert "not reachable" in result.stderr
    assert "as packaged with munadi" in result.stderr
    assert "300 graphemes" in result.stdout
    printed = json.loads(munadi("channels", "describe", "bluesky", "--json").stdout)
    assert printed.pop("packaged")
    assert printed == next(view for view in channel_views() if view.name == "bluesky").model_dump(mode="json")


def test_offline_sends_no_request(munadi: Munadi, api: FakeApi) -> None:
    result = munadi("channels", "list", "--offline", "--json")
    assert {each["name"] for each in json.loads(result.stdout)["data"]} == set(ChannelName)
    assert api.requests == []
    unknown = munadi("channels", "describe", "nowhere", "--offline")
    assert unknown.exit_code == 2, "a mistake in the command"
    assert "There are:" in unknown.stderr


def test_a_refusal_is_not_repeated(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels/bluesky", problem(401))
    assert munadi("channels", "describe", "bluesky").exit_code == 4


def test_an_unknown_channel_is_a_mistake_in_the_command(munadi: Munadi, api: FakeApi) -> None:
    api.on("GET /v1/channels/blusky", problem(404))
    api.on("GET /v1/channels", {"data": [{"name": "bluesky"}], "nextCursor": None})
    result = munadi("channels", "describe", "blusky")
    assert (result.exit_code, "There are: bluesky." in result.stderr) == (2, True)
