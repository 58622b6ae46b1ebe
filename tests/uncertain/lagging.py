"""Networks whose first answer is lost after its effect, whose looks lag, and which refuse what comes again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx

from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.publication import POST, Absent, Published, Unknown
from munadi.domain.reasons import REASONS
from munadi.ports import Answer, AnyChannel, Attempt, Publication
from tests.channels.calls import explained
from tests.channels.contract import Scene
from tests.channels.error_cases import CASES
from tests.channels.error_facts import ENVELOPES, known
from tests.channels.making import NOW, Bench
from tests.channels.network import answer

LAGS = tuple(timedelta(seconds=seconds) for seconds in (0, 30, 90, 300, 900))


def refusals(name: str) -> dict[str, Answer]:
    """An answer of every error that a network's channel knows, by its key, and those that have no code."""
    listed = {key: ENVELOPES[name](key) for key in known(name)}
    return {**listed, **{f"other {number}": row[0] for number, row in enumerate(CASES[name])}}


def distinct(channel: AnyChannel, answers: dict[str, Answer]) -> dict[str, Answer]:
    """One answer of each meaning that the core distinguishes."""
    found: dict[tuple[Any, ...], str] = {}
    for key, given in answers.items():
        error = explained(channel, given)
        class_, waits = REASONS[error.reason].class_, error.retry_after is not None
        found.setdefault((class_, error.effect, error.may_be_ours, waits), key)
    return {key: answers[key] for key in found.values()}


def as_response(given: Answer) -> httpx.Response:
    """The answer as it comes from the network."""
    content = given.text if given.body is not None else given.text.replace("null", "")
    headers = {"content-type": "application/json", **given.headers}
    return httpx.Response(given.status, headers=headers, content=content.encode())


class LaggingNetwork:
    """A scene's channel on a network that shows the post `lag` after it took it. `sent` counts visible requests.

    The first visible request has an effect and no answer; each later one is refused with `refusal`, or taken as a
    second post where that is None.
    """

    def __init__(self, scene: Scene, refusal: Answer | None, lag: timedelta) -> None:
        self._scene, self._lag = scene, lag
        self.built: Bench = scene.empty()
        scene.absent(self.built.network)
        later = scene.accepted
        if refusal is not None:
            error, later = explained(self.built.channel, refusal), as_response(refusal)
            self.is_final = error.may_be_ours or error.effect is Effect.REJECTED
        self.built.network.on(scene.method, scene.visible, self._first, later)
        scene.down(self.built, answer(503, "<html>down</html>"))  # what nothing else is scripted for
        self.sent_at: datetime | None = None

    def _first(self, request: httpx.Request) -> httpx.Response:
        self.sent_at = self.built.clock.now()
        raise httpx.ReadTimeout("the answer is lost")

    @property
    def sent(self) -> int:
        return len([one for one in self.built.network.mutations if one.url.path.endswith(self._scene.visible)])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.built.channel, name)

    async def find(self, publication: Publication[Any, Any], since: datetime, step: str = POST) -> Any:
        """What is asked for by its own key shows it at once, a list later."""
        if self.sent_at is not None and self.built.clock.now() >= self.sent_at + self._lag:
            self._scene.live(self.built.network)
        found = await self.built.channel.find(publication, since, step)
        if isinstance(found, Absent) and found.by_key and self.sent_at is not None:
            self._scene.live(self.built.network)
            found = await self.built.channel.find(publication, since, step)
        return found


class LaggingStep:
    """A network whose post goes out; the answer to its next step is lost.

    What comes again is refused with `refusal`, or taken as a second one where that is None.
    """

    refusal: Answer | None = None

    def __init__(self, channel: AnyChannel, clock: Any, lag: timedelta) -> None:
        self._channel, self._clock, self._lag = channel, clock, lag
        self.spec = channel.spec
        self.sent: dict[str, int] = {}
        self._live_at: dict[str, datetime] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    async def publish(self, publication: Publication[Any, Any], attempt: Attempt) -> Any:
        attempt.gate()
        self.sent[attempt.step] = self.sent.get(attempt.step, 0) + 1
        if attempt.step == POST:
            return Published(post_id="1", published_at=NOW)
        if self.sent[attempt.step] == 1:
            self._live_at[attempt.step] = self._clock.now()
            raise ChannelError(Reason.PROVIDER_OUTAGE, Effect.UNKNOWN, "the answer is lost")
        if self.refusal is None:
            return Published(post_id="2", published_at=self._clock.now())
        raise explained(self._channel, self.refusal)

    async def find(self, publication: Publication[Any, Any], since: datetime, step: str = POST) -> Any:
        """By a list, which lags."""
        at = self._live_at.get(step)
        if at is None or self._clock.now() < at + self._lag:
            return Absent()
        return Published(post_id=f"of {step}", published_at=at) if at >= since else Unknown(note="looked too late")
