"""The process that reads an alert's address and sends: `python -P -m munadi.alerts.child`, by munadi/alerts/sending.py.

It reads one JSON object from standard input and writes one to standard output. It has no secrets of the installation:
its environment is empty, and it reads no file but those of the program.
"""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import sys
from typing import Any

from munadi.alerts.confinement import Confinement
from munadi.alerts.tunnel import tunnel_through
from munadi.outbound.egress import EgressProxy
from munadi.outbound.private_targets import PrivateTargets

CPU_SECONDS = 20
# Parts of an address that are long enough to be a secret.
_SECRET = re.compile(r"[^/:@?&=#,]{6,}")
_LONGEST_ERROR = 300
# What speaks to no server, but to the machine it runs on.
_LOCAL = frozenset({"blink1", "dbus", "glib", "gnome", "kde", "macosx", "qt", "syslog", "windows"})


class Lines(logging.Handler):
    """Keeps what the library says of a failure."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line."""
        self.texts.append(record.getMessage())


def main() -> int:
    """Read the request, answer it. The answer says what failed; a non-zero exit is a defect."""
    given = json.loads(sys.stdin.buffer.read())
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps(answer(given)))
    return 0


def answer(given: dict[str, Any]) -> dict[str, Any]:
    """`service` and `shown` of an address that is known, and with a `title` whether it was sent; else an `error`."""
    import apprise

    proxy = EgressProxy.of(given["proxy"]) if given["proxy"] else None
    private = PrivateTargets.parse(given["private_networks"], given["private_hosts"])
    rules = Confinement(given["allow_loopback"], private, proxy)
    lines = Lines()
    logger = logging.getLogger("apprise")
    logger.addHandler(lines)
    logger.propagate = False
    rules.begin()
    if proxy is not None:
        tunnel_through(proxy, rules.check_connection)
    url = str(given["url"])
    service = apprise.Apprise.instantiate(url)
    if service is None or type(service).__module__.rpartition(".")[2] in _LOCAL:
        return {"service": None, "error": "this is no address of a service that alerts can be sent to"}
    found = {"service": str(service.service_name), "shown": _shown(service.url(privacy=True))}  # type: ignore[no-untyped-call]
    if given.get("title") is None:
        return found
    sent = bool(service.notify(body=given["body"], title=given["title"], notify_type=apprise.NotifyType.WARNING))
    error = None if sent else _without_secrets(_reason(rules.refused, lines.texts), url)
    return {**found, "sent": sent, "error": error}


def _reason(refused: list[str], said: list[str]) -> str:
    return next(iter(refused), None) or next(iter(said), None) or "the service did not take it, and did not say why"


def _shown(address: str) -> str:
    """The address without its options, as the library masks it."""
    return address.partition("?")[0][:200]


def _without_secrets(text: str, url: str) -> str:
    for part in sorted(_SECRET.findall(url), key=len, reverse=True):
        text = text.replace(part, "…")
    return " ".join(text.split())[:_LONGEST_ERROR]


if __name__ == "__main__":
    sys.exit(main())
