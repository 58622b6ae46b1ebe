"""Finds the API's address and key for a command.

Options come first, then a profile named by --profile, then MUNADI_URL and MUNADI_API_KEY, then the profile of
MUNADI_PROFILE, then the profile in use. A stored key is only sent to the address it was stored for.
"""

from __future__ import annotations

import os

from munadi.cli.output import Output
from munadi.cli.profile_store import Credentials, StoredProfiles, load, missing_profile
from munadi.process.exits import CommandFailed, Exit

DEFAULT_URL = "http://127.0.0.1:8080"


def resolve(
    url: str | None = None, api_key: str | None = None, profile: str | None = None, *, is_new: bool = False
) -> Credentials:
    """The address and key for this run. A named profile must be stored, unless `is_new` is set."""
    stored = load()
    found = stored.profiles.get(current_profile(stored, profile))
    if found is None and not is_new and (wanted := _named(profile)) is not None:
        raise missing_profile(wanted, stored)
    if profile is None:
        url, api_key = url or os.environ.get("MUNADI_URL"), api_key or os.environ.get("MUNADI_API_KEY")
    address = (url or (found.url if found else DEFAULT_URL)).rstrip("/")
    if not api_key and found and found.url.rstrip("/") == address:
        api_key = found.api_key
    return Credentials(address, _sendable(api_key) if api_key else None)


def current_profile(stored: StoredProfiles, profile: str | None = None) -> str:
    """The name of the profile for this run: --profile, then MUNADI_PROFILE, then the one in use."""
    return _named(profile) or stored.in_use


def note_overriding(out: Output) -> None:
    """Say which variables of this shell override what is stored, when there are some."""
    given = [name for name in ("MUNADI_URL", "MUNADI_API_KEY", "MUNADI_PROFILE") if os.environ.get(name)]
    if given:
        out.note(f"{' and '.join(given)} of this shell override it; unset them to use what is stored")


def _named(profile: str | None) -> str | None:
    return profile or os.environ.get("MUNADI_PROFILE") or None


def _sendable(key: str) -> str:
    """The key, if an HTTP header can carry it. A copying mistake is reported here, in plain words."""
    if not key.isascii() or not key.isprintable() or " " in key:
        raise CommandFailed(
            "the API key has a character that no key has",
            Exit.NOT_PERMITTED,
            "Copy it again: a key is mnd_ and then letters, digits and underscores, nothing else.",
        )
    return key
