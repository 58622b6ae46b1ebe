"""Logins of devices without a browser of their own (RFC 8628): the codes, and how people type them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

# The only program that may log in so: the command line. It is known without a registration.
CLIENT, CLIENT_NAME = "munadi-cli", "munadi login"
GRANT = "urn:ietf:params:oauth:grant-type:device_code"
DEVICE_LIFE = timedelta(minutes=10)
POLL_SECONDS = 5
# RFC 8628, 6.1: without vowels, so that no word comes out, and without letters that look alike.
LETTERS, LENGTH = "BCDFGHJKLMNPQRSTVWXZ", 8


@dataclass(frozen=True)
class DeviceCodes:
    """What a device gets once: its own long code, and the short one for a person."""

    device_code: str
    user_code: str
    seconds: int
    poll_seconds: int


def shown_user_code(code: str) -> str:
    """A short code as it is shown: `WDJB-MJHT`."""
    return f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"


def read_user_code(typed: str) -> str | None:
    """A short code as a person types it, in any case and with any spaces and dashes; None when it cannot be one."""
    if len(typed) > 4 * LENGTH:
        return None
    code = "".join(each for each in typed.upper() if each not in " -\t\u2010\u2011\u2013\u00a0")
    return code if len(code) == LENGTH and set(code) <= set(LETTERS) else None
