"""The seventh network's limits, options and settings."""

from __future__ import annotations

from datetime import timedelta

from munadi.channels.settings import ChannelSettings
from munadi.domain.channel import ChannelName, ChannelSpec, LinkStyle, Resend, TextLimit, TextUnit
from munadi.domain.model import WireModel


class Options(WireModel):
    """`isQuiet` sends the followers no notification."""

    is_quiet: bool = False


class Settings(ChannelSettings):
    """What every channel has, and where the network is."""

    api: str = "https://api.seventh.example"


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
    hosts=("https://api.seventh.example",),
    lead=timedelta(0),
    absence_window=timedelta(0),
    resend=Resend.SAME_HANDLE,
    facts_version="test",
    sources=(),
)
