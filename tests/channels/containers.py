"""Instagram and Threads in memory: one network of containers, and the differences on the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import httpx

from munadi.domain.account import ConnectedAccount
from munadi.domain.publication import Preparation
from tests.channels.case import Net
from tests.channels.making import NOW, TOKEN, account, image, publication, video
from tests.channels.network import answer, ok

CONTAINER, POST = "17900000000000001", "18000000000000001"
READ, SHOWN = f"GET /{CONTAINER}", f"GET /{POST}"
URL = "https://munadi.example/media/med_0"
MADE = NOW - timedelta(minutes=5)
ONE = publication("Hello", media=(image(),))
FILM = publication("Hello", media=(video(),))
MANY = publication("Hello", media=(image(0), video(1), image(2)))
PAIR = publication("Hello", media=(image(0), image(1)))


def at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def graph_error(code: int | None, subcode: int | None = None, status: int = 400, **more: Any) -> httpx.Response:
    return answer(status, {"error": {"code": code, "error_subcode": subcode, "message": f"no {TOKEN}", **more}})


def known(code: str = "FINISHED", step: str = "post", **state: Any) -> Preparation:
    """A handle with one container for this step, which has this status."""
    made = {"id": CONTAINER, "created_at": MADE.isoformat(), "code": code}
    return Preparation(draft_version=1, state={"containers": {step: made}} | state, ready=True)


@dataclass(frozen=True)
class ContainerNetwork:
    """`text`, `status` and `message` are field names; `kinds` are how an image, a video and a carousel are listed."""

    name: str
    version: str
    account: ConnectedAccount
    edge: str
    publish_edge: str
    text: str
    status: str
    message: str
    failure: Callable[[str], str]
    image_form: dict[str, str]
    address: str
    kinds: tuple[dict[str, str], dict[str, str], dict[str, str]]

    @property
    def make_path(self) -> str:
        return f"/{self.version}/{self.account.external_id}/{self.edge}"

    @property
    def publish_path(self) -> str:
        return f"/{self.version}/{self.account.external_id}/{self.publish_edge}"

    def listed(self, kind: int = 0, **changes: Any) -> dict[str, Any]:
        """A post in the profile's list. None leaves a field out."""
        shown = {"id": POST, self.text: "Hello", "timestamp": at(NOW), "permalink": self.address, **self.kinds[kind]}
        changes = {self.text if name == "text" else name: value for name, value in changes.items()}
        return {name: value for name, value in (shown | changes).items() if value is not None}

    def state(self, status: str, message: str = "") -> httpx.Response:
        return ok({self.status: status, self.message: message})

    def failed(self, code: str) -> httpx.Response:
        return self.state("ERROR", self.failure(code))

    # What an account's network answers, by request

    @property
    def make(self) -> str:
        return f"POST {self.make_path}"

    @property
    def publish(self) -> str:
        return f"POST {self.publish_path}"

    @property
    def listing(self) -> str:
        return f"GET {self.make_path}"

    @cached_property
    def making(self) -> Net:
        """Containers c1, c2… are finished at once."""
        made = [ok({"id": f"c{number}"}) for number in range(1, 40)]
        return Net(self.name, self.account, {self.make: made, "GET ": self.state("FINISHED")})

    @cached_property
    def publishing(self) -> Net:
        """A finished container, and its post in the list."""
        answers = {
            self.publish: ok({"id": POST}),
            READ: self.state("FINISHED"),
            self.listing: ok({"data": [self.listed()]}),
            SHOWN: ok(self.listed()),
            f"POST /{POST}/comments": ok({"id": "178"}),
        }
        return Net(self.name, self.account, answers, visible=(f"/{self.publish_edge}", "/comments"))


INSTAGRAM = ContainerNetwork(
    name="instagram",
    version="v26.0",
    account=account("instagram", "17841400000000001"),
    edge="media",
    publish_edge="media_publish",
    text="caption",
    status="status_code",
    message="status",
    failure=lambda code: f"Error: Media upload has failed with error code {code}",
    image_form={"image_url": URL, "caption": "Hello"},
    address="https://www.instagram.com/p/abc/",
    kinds=(
        {"media_type": "IMAGE", "media_product_type": "FEED"},
        {"media_type": "VIDEO", "media_product_type": "REELS"},
        {"media_type": "CAROUSEL_ALBUM", "media_product_type": "FEED"},
    ),
)
THREADS = ContainerNetwork(
    name="threads",
    version="v1.0",
    account=account("threads", "26750000000000001"),
    edge="threads",
    publish_edge="threads_publish",
    text="text",
    status="status",
    message="error_message",
    failure=lambda code: code,
    image_form={"media_type": "IMAGE", "image_url": URL, "text": "Hello"},
    address="https://www.threads.com/@acme/post/abc",
    kinds=({"media_type": "IMAGE"}, {"media_type": "VIDEO"}, {"media_type": "CAROUSEL_ALBUM"}),
)
NETWORKS = {each.name: each for each in (INSTAGRAM, THREADS)}
