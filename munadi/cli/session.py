"""The context of one command: output, credentials and API client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from munadi.cli.credentials import resolve
from munadi.cli.output import Output
from munadi.cli.profile_store import Credentials

if TYPE_CHECKING:
    import httpx

    from munadi.client import Client


@dataclass
class Session:
    """`transport` and `pause` stand in for the network and for sleeping, in tests."""

    url: str | None = None
    api_key: str | None = None
    profile: str | None = None
    transport: httpx.BaseTransport | None = None
    pause: Callable[[float], None] | None = None
    out: Output = field(default_factory=Output)

    @cached_property
    def credentials(self) -> Credentials:
        """The API's address and key for this run."""
        return resolve(self.url, self.api_key, self.profile)

    @cached_property
    def client(self) -> Client:
        """The API client. Imported late, because the import takes most of a short command's time."""
        from munadi.client import Client

        options: dict[str, Any] = {"pause": self.pause} if self.pause else {}
        return Client(self.credentials.url, self.credentials.api_key, transport=self.transport, **options)

    def show(self, value: Any, for_people: Callable[[Output, Any], None]) -> None:
        """Print the value as JSON, or by `text` for people."""
        if self.out.as_json:
            self.out.json(value)
        else:
            for_people(self.out, value)

    def done(self, what: str, object_id: str) -> None:
        """Print that something was done with an object, such as `deleted`, where the API answers nothing."""
        self.show({"id": object_id, what: True}, lambda out, _: out.line(f"{what} ", (object_id, "bold")))
