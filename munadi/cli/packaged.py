"""The channels as this very version was packaged, for whoever has no API at hand."""

from __future__ import annotations

from typing import Any

from munadi.channels.registry import channel_views


def packaged_channels() -> list[dict[str, Any]]:
    """Each as `GET /v1/channels` tells it where no setting changes it, marked with `packaged`: the version."""
    from importlib.metadata import version

    mark = {"packaged": version("munadi")}
    return [{**view.model_dump(mode="json", by_alias=True), **mark} for view in channel_views()]
