"""Checks that a link is a web address that every network and browser understands in the same way."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

# Letters of other scripts include marks and joiners, so any character beyond ASCII is allowed.
_LABEL = re.compile(r"(?:[A-Za-z0-9_-]|[^\x00-\x7f]){1,63}")
_NEVER = re.compile(r"[\s\x00-\x20\x7f-\x9f\\<>\"]")


def is_web_address(link: str) -> bool:
    """Whether `link` is an http or https URL with a host, a usable port, and no user name or password."""
    if _NEVER.search(link):
        return False
    try:
        parts = urlsplit(link)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and port != 0 and "@" not in parts.netloc and _is_host(host)


def _is_host(host: str) -> bool:
    if ":" in host:
        try:
            return bool(IPv6Address(host))
        except ValueError:
            return False
    return all(_LABEL.fullmatch(label) for label in host.removesuffix(".").split("."))


def _check_link(link: str) -> str:
    if link and not is_web_address(link):
        message = "a link is a web address: https:// or http://, a host, no spaces, no user name"
        raise PydanticCustomError("invalid_link", message)
    return link


# Empty is no link: it takes away the one that was there.
Link = Annotated[str, Field(max_length=2_048), AfterValidator(_check_link)]
