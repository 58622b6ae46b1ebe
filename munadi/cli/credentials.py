"""Finds the API's address and key: options, then MUNADI_URL and MUNADI_API_KEY, then what `login` stored.

A stored key is only sent to the address it was stored for.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from munadi.cli.exits import CommandFailed, Exit

DEFAULT_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True)
class Credentials:
    """An API's address and a key; without a key only public paths answer."""

    url: str
    api_key: str | None


def resolve(url: str | None = None, api_key: str | None = None) -> Credentials:
    """The address and key for this run."""
    stored = load()
    wanted = url or os.environ.get("MUNADI_URL") or (stored.url if stored else DEFAULT_URL)
    key = api_key or os.environ.get("MUNADI_API_KEY")
    if not key and stored and stored.url.rstrip("/") == wanted.rstrip("/"):
        key = stored.api_key
    return Credentials(wanted.rstrip("/"), _sendable(key) if key else None)


def _sendable(key: str) -> str:
    """The key, if an HTTP header can carry it. A copying mistake is reported here, in plain words."""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CommandFailed(
            "the API key has a character that no key has",
            Exit.NOT_PERMITTED,
            "Copy it again: a key is mnd_ and then letters, digits and underscores, nothing else.",
        )
    return key


def credentials_file() -> Path:
    """~/.config/munadi/credentials, or under XDG_CONFIG_HOME."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "munadi" / "credentials"


def load() -> Credentials | None:
    """What `munadi login` stored, if anything."""
    path = credentials_file()
    try:
        stored = json.loads(path.read_text())
        return Credentials(str(stored["url"]), str(stored["apiKey"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CommandFailed(f"{path} cannot be read: {error}", Exit.USAGE, "run munadi login again") from error


def store(credentials: Credentials) -> Path:
    """Store them for the next command, readable by this user only."""
    path = credentials_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = json.dumps({"url": credentials.url, "apiKey": credentials.api_key}) + "\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # Created with its final mode: at no moment can others read it.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
    draft.replace(path)
    return path
