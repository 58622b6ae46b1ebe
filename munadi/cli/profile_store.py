"""The file of profiles: for each name an API's address and a key, and which of them is in use.

Only its user can read it. Each change replaces the file whole, so that a reader never sees half of it.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from munadi.process.exits import CommandFailed, Exit

DEFAULT = "default"
SHOWN = 4
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


@dataclass(frozen=True)
class Credentials:
    """An API's address and a key; without a key only public paths answer."""

    url: str
    api_key: str | None

    @property
    def key_ends_in(self) -> str | None:
        """The last four characters of the key, by which `munadi keys list` shows it; None without a key."""
        return self.api_key[-SHOWN:] if self.api_key else None


@dataclass
class StoredProfiles:
    """The content of the file. The profile in use has no entry there before the first login with it."""

    in_use: str = DEFAULT
    profiles: dict[str, Credentials] = field(default_factory=dict)


def credentials_file() -> Path:
    """Where credentials are stored: ~/.config/munadi/credentials, or under XDG_CONFIG_HOME."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "munadi" / "credentials"


def load() -> StoredProfiles:
    """What `munadi login` stored. CommandFailed if the file is damaged."""
    path = credentials_file()
    try:
        stored = json.loads(path.read_text())
        if "profiles" not in stored:
            # As written before there were profiles.
            return StoredProfiles(DEFAULT, {DEFAULT: _read(stored)})
        return StoredProfiles(
            str(stored["inUse"]), {str(name): _read(each) for name, each in stored["profiles"].items()}
        )
    except FileNotFoundError:
        return StoredProfiles()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        advice = "delete it, then run munadi login again"
        raise CommandFailed(f"{path} cannot be read: {error}", Exit.USAGE, advice) from error


def save(stored: StoredProfiles) -> Path:
    """Replace the file, readable by this user only."""
    path = credentials_file()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    profiles = {name: {"url": each.url, "apiKey": each.api_key} for name, each in stored.profiles.items()}
    text = json.dumps({"inUse": stored.in_use, "profiles": profiles}, indent=1) + "\n"
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    # Created with its final mode: at no moment can others read it.
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
    draft.replace(path)
    return path


def checked_name(name: str) -> str:
    """The name, if a profile can have it."""
    if not _NAME.fullmatch(name):
        raise CommandFailed(
            f"{name!r} cannot name a profile",
            Exit.USAGE,
            "Use 1 to 63 letters, digits, dots, hyphens and underscores, and begin with a letter or a digit.",
        )
    return name


def missing_profile(name: str, stored: StoredProfiles) -> CommandFailed:
    """Why a profile cannot be taken: nothing is stored under its name."""
    there = f"There are: {', '.join(sorted(stored.profiles))}. " if stored.profiles else ""
    advice = f"{there}To make it: munadi --profile {name} login"
    return CommandFailed(f"there is no profile {name!r}", Exit.USAGE, advice)


def _read(stored: dict[str, Any]) -> Credentials:
    key = stored["apiKey"]
    return Credentials(str(stored["url"]), None if key is None else str(key))
