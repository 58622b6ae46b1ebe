"""The activities for webhooks: they wake the worker's event dispatcher, which sends."""

from __future__ import annotations

from collections.abc import Callable

from temporalio import activity

from activities.messages import ContentRef


class WebhookActivities:
    """Activities that wake the dispatcher. `wake` must not wait for any endpoint."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    @activity.defn(name="deliver")
    async def deliver(self, ref: ContentRef) -> int:
        """Wake the dispatcher for a post's new events. Returns at once, so no endpoint can block a slot or a workflow.

        The process that committed the events usually sends them before this runs. This covers a crash in between.
        """
        self._wake()
        return 0
