"""Instagram and Threads in memory: one network of containers, and the differences on the wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from munadi.channels.meta.state import Prepared
from munadi.domain.account import ConnectedAccount
from munadi.domain.failure import ChannelError
from munadi.domain.publication import Pending, Preparation, Published, Ready
from munadi.ports import PublicationDraft
from tests.channels.calls import Saved
from tests.channels.making import NOW, TOKEN, Bench, account, bench, error_of, image, publication, video
from tests.channels.network import answer, form_of, ok

CONTAINER, POST = "17900000000000001", "18000000000000001"
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


def prepared(saved: Saved) -> Prepared:
    return Prepared.of(saved.handle)


def codes(found: Published) -> list[str]:
    return [warning.code for warning in found.warnings]


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

    # Preparing

    def begun(self, *statuses: httpx.Response | Exception) -> Bench:
        """A network that creates containers c1, c2… Their statuses are `statuses`, in order."""
        built, made = bench(self.name), [0]

        def create(request: httpx.Request) -> httpx.Response:
            made[0] += 1
            return ok({"id": f"c{made[0]}"})

        built.network.on("POST", self.make_path, create)
        built.network.on("GET", "", *(statuses or (self.state("FINISHED"),)))
        return built

    def made(self, built: Bench) -> list[dict[str, str]]:
        """The forms of the containers that were asked for."""
        return [form_of(request) for request in built.network.sent(self.make_path)]

    async def prepare(self, built: Bench, given: PublicationDraft, saved: Saved) -> Ready | Pending:
        return await built.prepare(given, self.account, saved)

    async def until_ready(self, built: Bench, given: PublicationDraft, saved: Saved, runs: int = 20) -> Ready:
        for _ in range(runs):
            found = await self.prepare(built, given, saved)
            if isinstance(found, Ready):
                return found
            built.clock.forward(seconds=found.after.total_seconds())
        raise AssertionError(f"not ready after {runs} runs")

    async def unprepared(self, built: Bench, given: PublicationDraft, saved: Saved) -> ChannelError:
        """The error that ends the preparation."""
        return await error_of(self.until_ready(built, given, saved))

    # Publishing

    def ready(self, publish: Any = None, status: Any = "FINISHED", listed: Any = None, read: Any = None) -> Bench:
        """A network with a finished container. `publish` answers the visible call, `listed` and `read` show a post."""
        built = bench(self.name)
        built.network.on("POST", self.publish_path, publish or ok({"id": POST}))
        built.network.on("GET", f"/{CONTAINER}", self.state(status) if isinstance(status, str) else status)
        shown = ok({"data": [self.listed()]}) if listed is None else listed
        built.network.on("GET", self.make_path, ok({"data": shown}) if isinstance(shown, list) else shown)
        built.network.on("GET", f"/{POST}", ok(self.listed()) if read is None else read)
        return built

    async def publish(self, built: Bench, saved: Saved) -> Published:
        found = await built.publish(ONE, self.account, saved)
        assert isinstance(found, Published)
        return found

    async def refused(self, built: Bench, saved: Saved) -> ChannelError:
        error = await error_of(self.publish(built, saved))
        assert TOKEN not in f"{error.raw}{error.provider_message}{error.message}"
        return error

    async def find(
        self, built: Bench, given: PublicationDraft = ONE, handle: Preparation | None = None, since: datetime = NOW
    ) -> Any:
        found = await built.find(given, self.account, handle, since)
        assert built.network.mutations == []
        return found


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
networks = pytest.mark.parametrize("on", NETWORKS.values(), ids=NETWORKS)
