"""Follows the API key for Temporal in its file, so that a rotated key needs no restart."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from pydantic import SecretStr

from munadi.secret_files import file_of, read_secret

if TYPE_CHECKING:
    from temporalio.client import Client

    from munadi.temporal_settings import TemporalSettings

# A new key works beside the old one for as long as its owner lets it, which is far longer.
SECONDS = 10.0
VARIABLE = "MUNADI_TEMPORAL__API_KEY"
log = logging.getLogger("munadi.temporal")


def with_current_key(settings: TemporalSettings) -> TemporalSettings:
    """The settings, with the key that is in its file now, if it is in a file. ValueError if that cannot be read."""
    path = file_of(VARIABLE)
    return settings if path is None else settings.model_copy(update={"api_key": SecretStr(read_secret(path))})


class KeyFollower:
    """The loop that gives a client each new key. It ends at once where the key is in no file."""

    def __init__(self, client: Client, settings: TemporalSettings, seconds: float = SECONDS) -> None:
        self._client = client
        self._settings = settings
        self._seconds = seconds
        self._wrong: str | None = None

    async def run(self) -> None:
        """Run until it is cancelled."""
        while file_of(VARIABLE) is not None:
            await asyncio.sleep(self._seconds)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Read the file once. A file that cannot be read, such as one that is being replaced, changes nothing."""
        try:
            found = with_current_key(self._settings).api_key
        except ValueError as error:
            if self._wrong != str(error):
                self._wrong = str(error)
                log.warning("%s_FILE %s; the key before stays in use", VARIABLE, error)
            return
        self._wrong = None
        if found is not None and found.get_secret_value() != self._client.api_key:
            self._client.api_key = found.get_secret_value()
            log.info("the API key for Temporal was replaced")
