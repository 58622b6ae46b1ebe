"""The shortcut after an answer: tell a content's workflow to look. The relay does it anyway, a second later.

Never part of an answer and never an error of it: Temporal may be down while we accept work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from starlette.background import BackgroundTask

from api.services import Services
from munadi.db.story import Story
from workflows.start import wake_content

# An established client blocks for 9 s when Temporal is down, whatever its rpc_timeout.
PATIENCE = 1.0
# After a failure the relay alone tries for a while: a queue of hopeless calls helps nobody.
REST = 1.0
log = structlog.get_logger("munadi.api")


@dataclass(frozen=True)
class Wake:
    """Whose workflow to wake; `first` starts it without a signal."""

    content_id: str
    brand_ref: str
    channels: Sequence[str]
    first: bool = False

    @classmethod
    def of(cls, story: Story, *, first: bool = False) -> Wake:
        """The wake that a committed story asks for."""
        channels = tuple(row.channel for row in story.publications)
        return cls(story.content.id, story.content.brand_ref, channels, first)

    def after(self, services: Services) -> BackgroundTask:
        """The task that runs once the answer is sent."""
        return BackgroundTask(wake, services, self)


async def wake(services: Services, what: Wake) -> None:
    """Start or signal the workflow, within a second; a failure is logged."""
    now = services.clock.monotonic()
    if services.temporal is None or now < services.wake_rests_until:
        return
    try:
        async with asyncio.timeout(PATIENCE):
            await wake_content(
                services.temporal,
                services.settings.temporal.task_queue,
                content_id=what.content_id,
                brand_ref=what.brand_ref,
                channels=what.channels,
                first=what.first,
            )
    except Exception as error:  # noqa: BLE001 - the answer is out; whatever it is, the relay makes it good
        services.wake_rests_until = now + PATIENCE + REST
        log.warning("wake.failed", content_id=what.content_id, error=type(error).__name__)
