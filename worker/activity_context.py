"""Names the post in every line that an activity logs, in those of what it calls, and in the activity's span."""

from __future__ import annotations

from typing import Any

from structlog.contextvars import bound_contextvars
from temporalio import activity
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from munadi.telemetry import tracing

IDS = ("content_id", "publication_id", "account_id")


class ActivityContext(Interceptor):
    """An interceptor of activities. It changes nothing in workflows, so histories replay with or without it."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap each activity."""
        return _Bound(next)


class _Bound(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        found = ids_of(input)
        tracing.note(**found)
        with bound_contextvars(activity=activity.info().activity_type, **found):
            return await super().execute_activity(input)


def ids_of(input: ExecuteActivityInput) -> dict[str, str]:
    """The ids in the activity's first argument."""
    given = input.args[0] if input.args else None
    found = {name: getattr(given, name, None) for name in IDS}
    return {key: str(value) for key, value in found.items() if value}
