"""A client that publishes through containers, at Instagram or Threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.sandbox.conftest import Client, MediaSite, Sandbox

Code = tuple[int, int | None]


@dataclass(frozen=True)
class Network:
    base: str
    id: str
    token: str
    create: str
    publish: str
    listed: str
    status: str
    early: Code  # the answer to publishing a container that is in progress
    missing: Code
    few: Code


NETWORKS: Mapping[str, Network] = {
    "instagram": Network(
        "/instagram/graph/v26.0", "17841400000000001", "IGsandboxMunadiAccessToken",
        "media", "media_publish", "media", "status_code",
        early=(9007, 2207027), missing=(24, 2207008), few=(100, 2207028),
    ),
    "threads": Network(
        "/threads/graph/v1.0", "26750000000000001", "THsandboxMunadiAccessToken",
        "threads", "threads_publish", "threads", "status",
        early=(24, 4279009), missing=(24, 4279009), few=(100, None),
    ),
}  # fmt: skip


class Flow(Client):
    def __init__(self, sandbox: Sandbox, channel: str) -> None:
        super().__init__(sandbox)
        self.channel, self.network = channel, NETWORKS[channel]
        self.base, self.token, self.id = self.network.base, self.network.token, self.network.id

    def create(self, token: str | None = None, **form: Any) -> httpx.Response:
        return self.post(f"{self.id}/{self.network.create}", token, **form)

    def container(self, **form: Any) -> str:
        answer = self.create(**form)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def picture(self, site: MediaSite, **form: Any) -> str:
        return self.container(**{"media_type": "IMAGE", "image_url": site.image()} | form)

    def publish(self, container: str) -> httpx.Response:
        return self.post(f"{self.id}/{self.network.publish}", creation_id=container)

    def published(self, container: str) -> str:
        answer = self.publish(container)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def text(self, text: str = "Hello", **form: Any) -> str:
        """A published text, at Threads."""
        return self.published(self.container(media_type="TEXT", text=text, **form))

    def fields(self, node: str, *names: str) -> dict[str, Any]:
        found: dict[str, Any] = self.get(node, fields=",".join(names)).json()
        return found

    def state(self, container: str) -> str:
        return str(self.fields(container, self.network.status)[self.network.status])
