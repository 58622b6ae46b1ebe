"""Sends alerts in a process of their own, which is ended after a time, and has no secret of the installation."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from typing import Any, Self

from munadi.config import Settings

# A service has about four seconds to connect, and as long to answer; mail takes some exchanges.
SECONDS = 45.0
AT_ONCE = 2
_COMMAND = (sys.executable, "-P", "-m", "munadi.alerts.child")


@dataclass(frozen=True)
class Destination:
    """A service that an address names, and the address with its secrets masked."""

    service: str
    shown: str


@dataclass(frozen=True)
class Sent:
    """Whether a service took an alert. `error`: why not, in a short text without secrets."""

    ok: bool
    error: str | None = None


class AddressRefused(ValueError):
    """The address names no service that alerts can be sent to."""


@dataclass
class AlertSender:
    """Reads addresses and sends to them. `rules`: where connections may go, as for webhooks."""

    rules: dict[str, Any]
    seconds: float = SECONDS
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """A sender by the settings of webhooks: their private hosts, and their egress proxy."""
        given = settings.webhooks
        return cls(
            {
                "allow_loopback": settings.is_development,
                "private_networks": given.private_networks,
                "private_hosts": given.private_hosts,
                "proxy": given.proxy.get_secret_value() if given.proxy else None,
            }
        )

    async def read(self, url: str) -> Destination:
        """What the address names. Nothing is sent, and nothing is connected. Raises AddressRefused."""
        found = await self._ask(url=url)
        if found.get("service") is None:
            raise AddressRefused(str(found["error"]))
        return Destination(str(found["service"]), str(found["shown"]))

    async def send(self, url: str, title: str, body: str) -> Sent:
        """Send one alert. Does not raise for what the service or the network did."""
        found = await self._ask(url=url, title=title, body=body)
        return Sent(bool(found.get("sent")), found.get("error"))

    async def _ask(self, **given: str) -> dict[str, Any]:
        request = json.dumps({**self.rules, **given}).encode()
        async with self._turns:
            # An empty environment: the settings of this process have secrets, and proxies of others would be used.
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec(*_COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env={})
            try:
                async with asyncio.timeout(self.seconds):
                    out, _ = await process.communicate(request)
            except TimeoutError:
                return {"service": None, "error": f"it took longer than {self.seconds:.0f} seconds"}
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode != 0:
            # Its words may have parts of the address.
            return {"service": None, "error": f"the process that sends ended with {process.returncode}"}
        answer: dict[str, Any] = json.loads(out)
        return answer
