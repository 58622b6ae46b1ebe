"""Erases brands and accounts: takes running erasures from step to step until nothing is left.

One worker at a time does it. Each step finds in the database what is left, so the next round, or another worker,
continues after a death at any point.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from munadi.accounts.grants import Grants
from munadi.db.session import Database
from munadi.domain.erasure import ErasureWait
from munadi.erasure.posts import ENDED_RUNS
from munadi.erasure.scope import Scope
from munadi.erasure.store import ErasureStore
from munadi.media.store import StoreUnavailable
from munadi.ports import Clock
from worker.rounds import DATABASE, run_rounds

log = logging.getLogger("munadi.erasing")

INTERVAL = 1.0
# How many ids one query to Temporal names.
QUERIED = 25
CALL_TIMEOUT = timedelta(seconds=5)
SERVERS = {
    **DATABASE,
    **dict.fromkeys((RPCError, TimeoutError, RuntimeError), "Temporal"),
    StoreUnavailable: "the media store",
}


class Eraser:
    """The loop of erasures. It runs until it is cancelled."""

    def __init__(
        self, database: Database, store: ErasureStore, grants: Grants, client: Client, clock: Clock, grace: timedelta
    ) -> None:
        """`grace`: no request that was under way when an erasure was requested takes longer."""
        self._database = database
        self._store = store
        self._grants = grants
        self._client = client
        self._clock = clock
        self._grace = grace

    async def run(self) -> None:
        """Run rounds for ever; a failed round is logged and retried."""
        await run_rounds(log, self.round, seconds=INTERVAL, servers=SERVERS)

    async def round(self) -> None:
        """Take each running erasure as far as it goes now. Raises what the database, Temporal or the store raised."""
        running = await self._store.running()
        if not running:
            return
        async with self._database.alone("erasure") as is_alone:
            for scope in running if is_alone else ():
                waits_for = await self._advance(scope)
                if waits_for is None:
                    await self._store.end(scope)
                    log.info("erasure %s has ended", scope.id)
                else:
                    await self._store.wait(scope, waits_for)

    async def _advance(self, scope: Scope) -> ErasureWait | None:
        """Do what can be done now. What it waits for; None when nothing is left."""
        for account_id in await self._store.connected(scope):
            async with self._grants.ending(account_id):
                await self._store.disconnect(account_id)
        if self._clock.now() < scope.requested_at + self._grace:
            return ErasureWait.REQUESTS
        is_all = await self._store.erase_posts(scope)
        if not await self._forget_workflows(scope):
            return ErasureWait.WORKFLOWS
        if not is_all:
            return ErasureWait.PUBLISHING
        await self._store.erase_rest(scope)
        if not await self._store.remove_files(scope):
            return ErasureWait.MEDIA
        for account_id in await self._store.with_credentials(scope):
            async with self._grants.ending(account_id):
                await self._store.drop_credentials(account_id)
        if not await self._store.finish(scope):
            return ErasureWait.REQUESTS
        if not await self._forget_workflows(scope):
            return ErasureWait.WORKFLOWS
        return None if await self._store.empty_log() else ErasureWait.DATABASE

    async def _forget_workflows(self, scope: Scope) -> bool:
        """Let Temporal delete what it has of the workflows that the erasure noted. Whether none is left.

        A running one is terminated by its deletion. The deletion takes Temporal a moment, so a later round checks."""
        noted = await self._store.workflows(scope)
        ids = sorted(noted)
        is_all = True
        for start in range(0, len(ids), QUERIED):
            some = ids[start : start + QUERIED]
            for workflow_id in some:
                if noted[workflow_id] != ENDED_RUNS:
                    await self._delete(workflow_id)  # one that is too new for the list
            found = await self._delete_listed(some, noted)
            if gone := set(some) - found:
                await self._store.forgot(scope, gone)
            is_all = is_all and not found
        return is_all

    async def _delete_listed(self, ids: Sequence[str], noted: Mapping[str, str]) -> set[str]:
        """Delete the runs that Temporal lists of these workflows; the ids of those."""
        names = ", ".join(f"'{each}'" for each in ids)
        found = set[str]()
        async for run in self._client.list_workflows(f"WorkflowId IN ({names})"):
            if noted[run.id] == ENDED_RUNS and run.status is WorkflowExecutionStatus.RUNNING:
                continue
            found.add(run.id)
            await self._delete(run.id, run.run_id)
        return found

    async def _delete(self, workflow_id: str, run_id: str = "") -> None:
        """Delete a run; without `run_id` the newest. One that is not there (any more) is deleted."""
        execution = WorkflowExecution(workflow_id=workflow_id, run_id=run_id)
        request = DeleteWorkflowExecutionRequest(namespace=self._client.namespace, workflow_execution=execution)
        try:
            await self._client.workflow_service.delete_workflow_execution(request, timeout=CALL_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
