"""Check this machine's settings and what they point at; more where an API or a worker runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from munadi.cli.doctor.check import Check
from munadi.cli.extras import has_server
from munadi.cli.session import Session
from munadi.process.exits import CommandFailed

if TYPE_CHECKING:
    from munadi.config import Settings

MEDIA = "Is the store up, and do the settings MUNADI_MEDIA__… name it? Posts with media wait until it is back."


def local(session: Session) -> Iterator[Check]:
    """The settings, and then each part that they name."""
    if not has_server():
        yield Check("settings", True, "not checked: Munadi's server is not installed on this machine")
        return
    from munadi.config import unknown_variables
    from munadi.process.settings import check_start, read_settings

    for name in unknown_variables():
        yield Check("settings", True, f"{name} is no setting", "It has no effect; fix its name or remove it.")
    try:
        settings = read_settings()
        check_start(settings)
    except CommandFailed as error:
        yield from (Check("settings", False, rule, error.advice) for rule in str(error).splitlines())
        return
    has_database = settings.database_url is not None or (settings.data_dir / "munadi.db").exists()
    if has_database:
        from munadi.cli.doctor.database import database

        yield from database(settings)
    if settings.media.url is not None or (settings.data_dir / "media").exists():
        yield _media(settings)
    if address := _temporal(settings):
        from munadi.cli.doctor.engine import temporal

        yield from temporal(settings, address)
    if has_database:
        from munadi.cli.doctor.outside import credentials, public_address, versions

        yield public_address(settings, session.transport)
        yield from credentials(settings)
        yield from versions(settings, datetime.now(UTC).date())


def _temporal(settings: Settings) -> str | None:
    """Temporal's address: from the settings, or from the `munadi dev` that runs in the data folder."""
    if settings.temporal.address is not None:
        return settings.temporal.address
    try:
        return str(json.loads((settings.data_dir / "dev.json").read_text())["temporal"])
    except (OSError, ValueError, KeyError):
        return None


def _media(settings: Settings) -> Check:
    """Writes, reads and deletes an object of its own."""
    from munadi.media.opening import open_store, try_store

    place = settings.media.url or str(settings.data_dir / "media")
    try:
        try_store(open_store(settings))
    except OSError as error:
        return Check("media", False, str(error), MEDIA)
    return Check("media", True, f"can be written, read and deleted in {place}")
