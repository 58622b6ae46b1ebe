"""The channels as packaged with this version, for use without an API."""

from __future__ import annotations

from typing import Any

from munadi import __version__
from munadi.channels.registry import channel_views


def packaged_channels() -> list[dict[str, Any]]:
    """Each channel as `GET /v1/channels` returns it with default settings, plus `packaged`: the version."""
    mark = {"packaged": __version__}
    return [{**view.model_dump(mode="json", by_alias=True), **mark} for view in channel_views()]
