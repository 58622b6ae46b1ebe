"""The seventh network's limits."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from munadi.channels.http import ChannelSettings
from munadi.domain.channel import ChannelName, ChannelSpec, LinkStyle, Resend, TextLimit, TextUnit


class Settings(ChannelSettings):
    """What every channel has."""


class Options(BaseModel):
    """None."""

    model_config = ConfigDict(extra="forbid")


SPEC = ChannelSpec(
    name=ChannelName("seventh"),
    title="Seventh",
    text_limits=(TextLimit(rule="text", unit=TextUnit.CODE_POINTS, maximum=7),),
    media_rules=(),
    min_media=0,
    max_media=0,
    mixed_media=False,
    link_style=LinkStyle.APPENDED,
    first_comment=False,
    max_parts=1,
    scopes=(),
    hosts=(),
    lead=timedelta(0),
    absence_window=timedelta(0),
    resend=Resend.SAME_HANDLE,
    facts_version="test",
    sources=(),
)
