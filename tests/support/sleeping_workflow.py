"""A workflow that only waits, in a file of its own: the sandbox loads the whole file it stands in."""

import asyncio
from datetime import timedelta

from temporalio import workflow


@workflow.defn
class SleepAMonth:
    @workflow.run
    async def run(self) -> str:
        await asyncio.sleep(timedelta(days=30).total_seconds())
        return "awake"
