"""Settings of channels, `MUNADI_CHANNELS__<CHANNEL>__…`: what those of every network have, and of kinds of networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, SecretStr

from munadi.domain.channel import ChannelSpec


def _seconds(value: Any) -> Any:
    """An environment has only text: a number in it is seconds."""
    return float(value) if isinstance(value, str) and value.replace(".", "", 1).isdigit() else value


Duration = Annotated[timedelta, BeforeValidator(_seconds)]


@dataclass(frozen=True)
class InSandbox:
    """Where the sandbox has a network: `hosts` are the paths of its hosts, by role, below the network's own path.

    `without` are settings that name something of the real network.
    """

    hosts: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()


class ChannelSettings(BaseModel):
    """What the settings of every channel have, `MUNADI_CHANNELS__<CHANNEL>__…`: the numbers of the publish protocol.

    Durations are seconds or ISO 8601; None is what the channel's spec says.
    """

    publish_deadline: Duration | None = None
    margin: Duration | None = None
    absence_window: Duration | None = None
    long_absence: Duration | None = None

    def applied_to(self, spec: ChannelSpec, *hosts: str) -> ChannelSpec:
        """`spec` with these numbers, and the hosts that are really called."""
        given = self.model_dump(include=set(ChannelSettings.model_fields), exclude_none=True)
        return spec.model_copy(update={**given, "hosts": hosts})


class AppSettings(ChannelSettings):
    """Settings of a channel whose network knows us as an app. Without them, no owner can consent in a browser."""

    client_id: str | None = None
    client_secret: SecretStr | None = None

    @property
    def secret(self) -> str:
        """The app's secret; empty when it is not set."""
        return self.client_secret.get_secret_value() if self.client_secret else ""

    def missing(self, channel: str) -> tuple[str, ...]:
        """The environment variables of what is not set."""
        given = {"CLIENT_ID": self.client_id, "CLIENT_SECRET": self.secret}
        return tuple(f"MUNADI_CHANNELS__{channel}__{name}" for name, value in given.items() if not value)


class PolledSettings(AppSettings):
    """Settings of a channel whose network takes its time.

    A post is read again every `poll_quick` at first, then every `poll_slow`, and `poll_idle` once it is slow.
    """

    poll_quick: Duration = timedelta(seconds=5)
    poll_slow: Duration = timedelta(seconds=15)
    poll_idle: Duration = timedelta(seconds=60)

    def poll_wait(self, age: timedelta, quick_for: timedelta, slow_for: timedelta) -> timedelta:
        """When to read a post of this age again: the older, the rarer."""
        if age < quick_for:
            return self.poll_quick
        return self.poll_slow if age < slow_for else self.poll_idle
