"""The reference lists every setting under the name of its variable."""

from __future__ import annotations

from importlib import import_module

import pytest

from munadi.channels.registry import REGISTRY
from munadi.channels.settings import ChannelSettings
from munadi.config import Settings
from munadi.domain.channel import ChannelName
from scripts.setting_tables import SHARED, settings


@pytest.mark.parametrize("name", ChannelName)
def test_each_setting_of_a_channel_is_listed(name: ChannelName) -> None:
    page = settings()
    fields = import_module(f"{REGISTRY[name]}.spec").Settings.model_fields
    for field in {*fields} - {*SHARED, "hosts"}:
        assert f"| `MUNADI_CHANNELS__{name.value.upper()}__{field.upper()}` |" in page
    assert (f"`MUNADI_CHANNELS__{name.value.upper()}__HOSTS__" in page) is ("hosts" in fields)


def test_shared_settings_are_explained_once() -> None:
    assert set(SHARED) == set(ChannelSettings.model_fields)
    assert all(settings().count(f"__{name.upper()}`") == 1 for name in SHARED)


@pytest.mark.parametrize("name", ChannelName)
def test_each_default_can_be_set_as_the_page_says(name: ChannelName, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = f"MUNADI_CHANNELS__{name.value.upper()}__"
    rows = [line.strip("| ").split(" | ") for line in settings().splitlines() if line.startswith(f"| `{prefix}")]
    for variable, default in rows:
        if default != "–":
            monkeypatch.setenv(variable.strip("`"), default.strip("`"))
    model = import_module(f"{REGISTRY[name]}.spec").Settings
    assert model.model_validate(Settings().channels[name.value]) == model()
