"""The sandbox's control API: the networks' side of the story, asked instead of believed."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx


class SandboxControl:
    """The demo's oracle. Raises httpx errors: the sandbox is ours, it has to answer."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=f"{url}/control", timeout=10.0, trust_env=False)

    def importable_profiles(self) -> list[dict[str, Any]]:
        """The default profiles as `POST /v1/brands/{ref}/accounts` takes them."""
        profiles = self._json("GET", "/profiles")
        return [
            _importable(self._json("POST", f"/profiles/{profile['channel']}/{profile['id']}/credentials"))
            for profile in profiles
        ]

    def posts(self, text: str) -> list[dict[str, Any]]:
        """Everything visible with that text, on every network."""
        return [post for post in self._json("GET", "/posts") if post["text"] == text]

    def refuse(self, channel: str, operation: str, error: dict[str, Any]) -> None:
        """Let every such call be refused with the network's own error, until `relent`."""
        fault = {"channel": channel, "operation": operation, "mode": "error", "error": error, "times": None}
        self._json("POST", "/faults", fault)

    def relent(self) -> None:
        """Let everything work again."""
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
    if profile["channel"] == "bluesky":
        credentials = {"identifier": profile["identifier"], "password": profile["password"]}
        return {"channel": "bluesky", "serviceUrl": profile["serviceUrl"], "credentials": credentials}
    credentials = {"accessToken": profile["accessToken"]}
    return {"channel": profile["channel"], "externalId": profile["externalId"], "credentials": credentials}
