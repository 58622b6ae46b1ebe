"""A client of the sandbox's control API: what the emulated networks really received."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

ADDRESS = ("channel", "externalId", "serviceUrl")
CREDENTIALS = ("identifier", "password", "accessToken", "refreshToken", "expiresAt")


class SandboxControl:
    """A client of the sandbox's control API. Raises httpx errors, because the sandbox must answer."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/control", timeout=10.0, trust_env=False)

    def default_accounts(self) -> list[dict[str, Any]]:
        """The default profiles as `POST /v1/brands/{ref}/accounts` takes them."""
        profiles = self._json("GET", "/profiles")
        paths = [f"/profiles/{profile['channel']}/{profile['id']}/credentials" for profile in profiles]
        return [_importable(self._json("POST", path)) for path in paths]

    def new_account(self, channel: str, name: str) -> dict[str, Any]:
        """One more profile at a network, as the same call takes it."""
        return _importable(self._json("POST", "/profiles", {"channel": channel, "name": name}))

    def posts(self, text: str) -> list[dict[str, Any]]:
        """Everything visible with that text, on every network; a title may stand above it."""
        return [post for post in self._json("GET", "/posts") if text in post["text"]]

    def calls(self, channel: str) -> list[dict[str, Any]]:
        """The requests that the network received, oldest first."""
        calls: list[dict[str, Any]] = self._json("GET", f"/calls?channel={channel}")
        return calls

    def take_seconds(self, channel: str, kind: str, seconds: float) -> None:
        """Set how long a network's processing takes from now on."""
        self._json("PUT", "/delays", {"channel": channel, "kind": kind, "seconds": seconds})

    def refuse(self, channel: str, operation: str, error: dict[str, Any]) -> None:
        """Make the network refuse such calls with its own error, until `relent`."""
        fault = {"channel": channel, "operation": operation, "mode": "error", "error": error, "times": None}
        self._json("POST", "/faults", fault)

    def relent(self) -> None:
        """Make every emulated network accept posts again."""
        self._http.delete("/faults").raise_for_status()

    def _json(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()


def _importable(profile: dict[str, Any]) -> dict[str, Any]:
    account = {name: profile[name] for name in ADDRESS if name in profile}
    return {**account, "credentials": {name: profile[name] for name in CREDENTIALS if name in profile}}
