"""Runs the worker process: workflows, activities and loops until SIGTERM, then finishes running work."""

from __future__ import annotations

import asyncio
import logging
import signal

from temporalio.client import Client

from activities.waiting import WaitingRoom
from munadi.config import Settings
from munadi.db.accounts.upkeep import UpkeepStore
from munadi.db.webhooks.delivery_quota import DeliveryQuota
from munadi.db.webhooks.recoveries import RecoveryStore
from munadi.process.garbage import exempt_startup
from munadi.process.monitoring import monitored
from munadi.process.runtime import Runtime, open_database, open_runtime
from munadi.process.starting import wait_for_schema, wait_for_temporal
from munadi.process.temporal_key import KeyFollower
from munadi.process.watchdog import hang_watchdog
from munadi.publishing.schedule import ScheduleStore
from worker.compose import (
    build_activities,
    build_alerts,
    build_converter,
    build_dispatcher,
    build_eraser,
    build_leftover_remover,
    build_media_remover,
    build_post_watcher,
    build_posts_worker,
    build_preflight_checker,
    build_retention,
    build_tokens,
    build_worker,
    version_of,
)
from worker.recovering import RecoveryRunner
from worker.recurring import build_series
from worker.relay import Relay
from worker.slow_hosts import SlowHosts
from worker.state import WorkerState
from workflows.attributes import SEARCH_ATTRIBUTES

log = logging.getLogger("munadi.worker")


async def run(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with open_runtime(settings, "worker") as runtime:
            database = open_database(settings, "worker")
            state = WorkerState(database)
            try:
                async with monitored(settings, "worker", state.check):
                    await wait_for_schema(database, stop)
                    state.client = await wait_for_temporal(settings, SEARCH_ATTRIBUTES, stop)
                    if state.client is not None:
                        await _serve(settings, state, state.client, runtime, stop)
            finally:
                await database.close()
    finally:
        # The SDK's threads may outlive the loop by a moment; leaving at once can crash the interpreter.
        await asyncio.sleep(0.3)
    log.info("worker stopped")


async def _serve(settings: Settings, state: WorkerState, client: Client, runtime: Runtime, stop: asyncio.Event) -> None:
    database = state.database
    upkeep = UpkeepStore(database, runtime.keyring)
    tokens = build_tokens(runtime, database)
    dispatcher = build_dispatcher(runtime, database)
    services = (
        Relay(settings, database, ScheduleStore(database, runtime.keyring), upkeep, client, runtime.clock),
        build_leftover_remover(runtime, database, tokens),
        build_media_remover(runtime, database),
        build_converter(runtime, database),
        build_retention(runtime, database),
        build_eraser(runtime, database, client),
        build_alerts(runtime, database),
        build_series(runtime, database),
        build_preflight_checker(runtime, database, tokens),
        build_post_watcher(runtime, database, tokens),
        SlowHosts(database, runtime.calls, runtime.clock),
        dispatcher,
        RecoveryRunner(RecoveryStore(database), DeliveryQuota(database), runtime.clock),
        KeyFollower(client, settings.temporal),
    )
    tasks = [asyncio.create_task(service.run()) for service in services]
    queue, room = settings.temporal.task_queue, WaitingRoom()
    activities = build_activities(runtime, database, tokens, room, dispatcher.wake)
    version = version_of(settings.temporal)
    posts_worker = build_posts_worker(client, queue, activities, settings.worker, version)
    workers = build_worker(client, queue, activities, version), posts_worker
    try:
        async with workers[0], workers[1], hang_watchdog(settings.watchdog):
            exempt_startup()
            state.workers = workers
            log.info("worker ready")
            await stop.wait()
            state.workers = ()
            log.info("worker stopping: what is in flight may end")
            await room.close()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await tokens.finish()
