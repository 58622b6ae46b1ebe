"""A worker process to kill: `python -m tests.workflows.doomed_worker ADDRESS QUEUE DATABASE POSTS MODE`.

Its network is a file with one line per post, which outlives the process. MODE: `hangs` never answers after the post is
live, `unguarded` does the same and lets Temporal retry timeouts, `answers` answers normally.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from munadi.db.session import Database
from munadi.domain.channel import ChannelName
from munadi.domain.publication import Absent, Pending, Published
from munadi.ports import Attempt, PreparedState, Publication
from tests.workflows.network import FakeChannel, NoOptions, spec
from tests.workflows.world import World
from workflows.options import PUBLISH


class FileChannel(FakeChannel):
    """Writes posts to a file, so that `find` sees the post of a killed worker."""

    def __init__(self, posts: Path, hangs: bool) -> None:
        super().__init__(spec(ChannelName.BLUESKY))
        self.file = posts
        self.hangs = hangs

    async def _publish(
        self, publication: Publication[NoOptions, PreparedState], attempt: Attempt
    ) -> Published | Pending:
        attempt.gate()
        draft = publication.draft
        with self.file.open("a") as file:
            file.write(draft.publication_id + "\n")
        if self.hangs:
            await asyncio.sleep(3600)
        return self._published(draft)

    async def _find(
        self, publication: Publication[NoOptions, PreparedState], since: datetime, step: str
    ) -> Published | Absent:
        draft = publication.draft
        live = self.file.exists() and draft.publication_id in self.file.read_text().splitlines()
        return self._published(draft) if live else Absent()


def unguard() -> None:
    """Let Temporal retry a visible call that timed out, which production never allows."""
    policy = PUBLISH["retry_policy"]
    assert policy is not None
    PUBLISH["retry_policy"] = replace(policy, non_retryable_error_types=None)


async def main(address: str, queue: str, database_url: str, posts: str, mode: str) -> None:
    """Work until killed."""
    if mode == "unguarded":
        unguard()
    client = await Client.connect(address, data_converter=pydantic_data_converter)
    world = World(client, Database(database_url), (ChannelName.BLUESKY,))
    world.queue = queue
    world.channels = {ChannelName.BLUESKY: FileChannel(Path(posts), hangs=mode != "answers")}
    # As in the real worker: after a second another worker continues a cached workflow.
    async with world.worker(sticky_queue_schedule_to_start_timeout=timedelta(seconds=1)):
        print("working", flush=True)
        await asyncio.sleep(3600)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
