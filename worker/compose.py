"""Builds the worker's parts: activities over the database and the channels, and its background loops."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypedDict

from temporalio import workflow
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    FixedSizeSlotSupplier,
    ResourceBasedSlotConfig,
    ResourceBasedSlotSupplier,
    ResourceBasedTunerConfig,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerDeploymentConfig,
    WorkerTuner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.contents import ContentActivities
from activities.editing import EditingActivities
from activities.live_requests import LiveRequests
from activities.preparing import PreparingActivities
from activities.publishing import PublishingActivities
from activities.reconciling import ReconcilingActivities
from activities.upkeep import UpkeepActivities
from activities.waiting import WaitingRoom
from activities.webhooks import WebhookActivities
from activities.withdrawing import WithdrawingActivities
from munadi import __version__
from munadi.accounts.checking import AccountChecks
from munadi.accounts.grants import Grants
from munadi.accounts.tokens import AccountTokens
from munadi.alerts.sending import AlertSender
from munadi.db.accounts.store import AccountStore
from munadi.db.accounts.upkeep import UpkeepStore
from munadi.db.session import Database
from munadi.db.webhooks.deliveries import DeliveryStore
from munadi.domain.ids import posts_queue
from munadi.erasure.store import ErasureStore
from munadi.process.runtime import Runtime
from munadi.publishing.attempts import AttemptStore
from munadi.publishing.conversions import ConversionQueue
from munadi.publishing.fitting import FittingStore
from munadi.publishing.leftover_removal import DiscardOutbox
from munadi.publishing.live_edits import EditStore
from munadi.publishing.operators import OperatorCommands
from munadi.publishing.preflight_checks import PreflightCheck
from munadi.publishing.schedule import ScheduleStore
from munadi.publishing.watches import WatchStore
from munadi.publishing.withdrawals import WithdrawalStore
from munadi.temporal_settings import TemporalSettings
from munadi.webhooks.dispatcher import EventDispatcher
from munadi.worker_settings import WorkerSettings
from worker.activity_context import ActivityContext
from worker.alerting import AlertLoop
from worker.converting import Converter
from worker.discarding import LeftoverRemover
from worker.erasing import Eraser
from worker.looking import PostWatcher
from worker.media_removal import MediaRemover
from worker.preflight import PreflightChecker
from worker.retention import Retention
from workflows.registry import WORKFLOWS

# What Temporal shows of each worker and each task that one has completed. Without it, the SDK reads the code of every
# imported module to compute a hash, which takes 0.2 s of processor time.
BUILD = f"munadi {__version__}"
# Longer than a publish deadline without media in it: what is in flight ends by itself; a longer upload is reconciled.
GRACE = timedelta(seconds=45)
# Most activities only wait: for the last seconds before their due time, or for a network. So there are many slots, but
# in a burst every activity wants the processor, and with too many of them heartbeats come too late. From the first
# number on, slots are added 20 a second, and only while the processor and the memory have room. 400 posts to three
# networks due together on PostgreSQL, on a busy machine: with 200 slots 429 activities lost their heartbeats and 366
# posts had to be reconciled; with these none, and the last post was out 14 % earlier. The numbers: `WorkerSettings`.
ROOM = ResourceBasedTunerConfig(target_memory_usage=0.8, target_cpu_usage=0.9)
ACCOUNT_SLOTS = 20
DELIVERIES_AT_ONCE = 10
# A workflow task only computes, so more of them at once are no faster. Tasks that wait at the server are distributed
# fairly among the brands; the worker's own (sticky) queue is first come, first served, and a task that waits there for
# five seconds returns to the server's queue. So that queue gets half of the polls. Ten posts beside 150 of another
# brand, on a busy machine: the last was published after 54 % of the others' time before, after 26 % with these two.
MAX_DECISIONS = 10
FAIR_POLLS = 0.5


def holder_name() -> str:
    """This worker's name in attempts and leases: host and process."""
    return f"{socket.gethostname()}/{os.getpid()}"


def build_tokens(runtime: Runtime, database: Database) -> AccountTokens:
    """Build the token provider. Call its `finish` before the database is closed."""
    accounts = AccountStore(database, runtime.keyring)
    return runtime.around(AccountTokens(accounts, runtime.channels, runtime.clock, holder_name()), "tokens")


def build_activities(
    runtime: Runtime, database: Database, tokens: AccountTokens, room: WaitingRoom, wake: Callable[[], None]
) -> Sequence[Callable[..., Any]]:
    """Build all activities with their ports. `wake` is the event dispatcher's."""
    holder, clock, channels = holder_name(), runtime.clock, runtime.channels
    around = runtime.around
    attempts = around(AttemptStore(database, runtime.keyring), "attempts")
    schedule = around(ScheduleStore(database, runtime.keyring), "schedule")
    contents = ContentActivities(schedule, around(OperatorCommands(database), "operators"), clock)
    renditions = around(FittingStore(database), "renditions")
    preparing = PreparingActivities(schedule, attempts, channels, tokens, renditions, clock, room)
    publishing = PublishingActivities(schedule, attempts, channels, tokens, clock, holder, runtime.calls)
    reconciling = ReconcilingActivities(schedule, attempts, channels, tokens, clock)
    withdrawals = around(WithdrawalStore(database, channels), "withdrawals")
    requests = LiveRequests(channels, tokens, clock, holder)
    withdrawing = WithdrawingActivities(withdrawals, requests)
    editing = EditingActivities(around(EditStore(database), "edits"), requests)
    upkeep = UpkeepActivities(around(UpkeepStore(database, runtime.keyring), "accounts"), channels, tokens, clock)
    return [
        contents.look,
        contents.operate,
        preparing.prepare,
        publishing.publish,
        publishing.check,
        publishing.finish,
        publishing.locate,
        reconciling.reconcile,
        withdrawing.withdraw,
        editing.edit,
        upkeep.keep,
        WebhookActivities(wake).deliver,
    ]


def build_dispatcher(runtime: Runtime, database: Database) -> EventDispatcher:
    """Build the webhook dispatcher. Every commit of this process that writes deliveries wakes it."""
    deliveries = runtime.around(DeliveryStore(database, runtime.keyring), "deliveries")
    dispatcher = EventDispatcher(deliveries, runtime.sender, runtime.clock, holder_name())
    database.on_deliveries = dispatcher.wake
    return dispatcher


def build_leftover_remover(runtime: Runtime, database: Database, tokens: AccountTokens) -> LeftoverRemover:
    """Build the loop that removes leftovers."""
    outbox = runtime.around(DiscardOutbox(database, runtime.keyring), "discards")
    return LeftoverRemover(outbox, runtime.channels, tokens, runtime.clock)


def build_media_remover(runtime: Runtime, database: Database) -> MediaRemover:
    """Build the loop that removes the bytes of deleted media."""
    return MediaRemover(database, runtime.media_store, runtime.clock)


def build_converter(runtime: Runtime, database: Database) -> Converter:
    """Build the loop that converts videos."""
    queue = ConversionQueue(database, runtime.media_store, runtime.settings.limits)
    at_once = runtime.settings.worker.conversions or len(os.sched_getaffinity(0))
    return Converter(database, queue, runtime.media_store, runtime.clock, holder_name(), at_once)


def build_retention(runtime: Runtime, database: Database) -> Retention:
    """Build the loop that deletes what is older than the settings say."""
    return Retention(database, runtime.clock, runtime.channels, runtime.settings.retention)


def build_eraser(runtime: Runtime, database: Database, client: Client) -> Eraser:
    """Build the loop that erases brands and accounts."""
    store = runtime.around(ErasureStore(database, runtime.keyring, runtime.media_store, runtime.clock), "erasures")
    grants = Grants(AccountStore(database, runtime.keyring), runtime.channels)
    grace = timedelta(seconds=runtime.settings.relay.erasure_grace)
    return Eraser(database, store, grants, client, runtime.clock, grace)


def build_alerts(runtime: Runtime, database: Database) -> AlertLoop:
    """Build the loop that sends alerts."""
    sender, settings = AlertSender.of(runtime.settings), runtime.settings
    return AlertLoop(database, runtime.keyring, sender, runtime.clock, settings.base_url)


def build_preflight_checker(runtime: Runtime, database: Database, tokens: AccountTokens) -> PreflightChecker:
    """Build the loop that checks posts before they are due."""
    ahead = timedelta(seconds=runtime.settings.relay.preflight)
    accounts = AccountStore(database, runtime.keyring)
    checks = AccountChecks(accounts, runtime.channels, tokens, runtime.clock)
    preflight = PreflightCheck(runtime.channels, runtime.media, runtime.reach, runtime.keyring)
    return PreflightChecker(database, preflight, checks, runtime.clock, ahead)


def build_post_watcher(runtime: Runtime, database: Database, tokens: AccountTokens) -> PostWatcher:
    """Build the loop that looks at live posts."""
    given = runtime.settings.looks
    store = WatchStore(database, runtime.channels, given.wanted, timedelta(seconds=given.apart))
    store = runtime.around(store, "watches")
    return PostWatcher(store, runtime.channels, tokens, runtime.clock, given.interval)


class Version(TypedDict, total=False):
    """The arguments of a worker that say which version it is."""

    build_id: str
    deployment_config: WorkerDeploymentConfig


# Of a worker in no deployment. Every worker gets work then.
UNVERSIONED: Version = {"build_id": BUILD}


def version_of(settings: TemporalSettings) -> Version:
    """What the workers say of themselves. In a deployment Temporal gives work to its current version alone, and
    workflows that are open move to that with their next step: they may wait for months, longer than old workers run
    (docs/decisions/051-open-posts-follow-the-current-version.md)."""
    if settings.deployment is None:
        return UNVERSIONED
    version = WorkerDeploymentVersion(settings.deployment, settings.build)
    behavior = VersioningBehavior.AUTO_UPGRADE
    return {"deployment_config": WorkerDeploymentConfig(version, True, default_versioning_behavior=behavior)}


def build_worker(
    client: Client, task_queue: str, activities: Sequence[Callable[..., Any]], version: Version = UNVERSIONED
) -> Worker:
    """The worker of accounts, and of posts that the version before started."""
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=activities,
        max_cached_workflows=100,
        **version,
        interceptors=[ActivityContext()],
        max_concurrent_activities=ACCOUNT_SLOTS,
        max_concurrent_workflow_task_polls=2,
        max_concurrent_activity_task_polls=1,
        workflow_runner=CheckedAtStart(),
        graceful_shutdown_timeout=GRACE,
        max_heartbeat_throttle_interval=timedelta(seconds=2),
        default_heartbeat_throttle_interval=timedelta(seconds=1.5),
    )


class CheckedAtStart(UnsandboxedWorkflowRunner):
    """Runs each workflow once in the SDK's sandbox when the worker starts, and later outside it.

    The sandbox imports a workflow's modules again for each run. The start, the replay of recorded histories and the
    import rules find what it would find.
    """

    def prepare_workflow(self, defn: workflow._Definition) -> None:
        """Fail the worker's start for a workflow that the sandbox refuses."""
        SandboxedWorkflowRunner().prepare_workflow(defn)


def _tuner(given: WorkerSettings) -> WorkerTuner:
    """The slots of the worker of posts."""
    return WorkerTuner.create_composite(
        workflow_supplier=FixedSizeSlotSupplier(MAX_DECISIONS),
        activity_supplier=ResourceBasedSlotSupplier(
            ResourceBasedSlotConfig(minimum_slots=given.slots, maximum_slots=given.most_slots), ROOM
        ),
        local_activity_supplier=FixedSizeSlotSupplier(DELIVERIES_AT_ONCE),
        nexus_supplier=FixedSizeSlotSupplier(1),
    )


def build_posts_worker(
    client: Client,
    task_queue: str,
    activities: Sequence[Callable[..., Any]],
    given: WorkerSettings = WorkerSettings(),
    version: Version = UNVERSIONED,
) -> Worker:
    """The worker of posts."""
    return Worker(
        client,
        task_queue=posts_queue(task_queue),
        workflows=WORKFLOWS,
        activities=activities,
        # A waiting post takes about 26 kB in the cache. One that was dropped is replayed for each of its steps; when
        # more are due together than the cache holds, every one of them is dropped before its next step. 1 000 due in
        # one second: half of them went out within 7.3 s with room for 500, within 4.4 to 5.6 s with 1 500.
        max_cached_workflows=given.cached_posts,
        **version,
        interceptors=[ActivityContext()],
        tuner=_tuner(given),
        nonsticky_to_sticky_poll_ratio=FAIR_POLLS,
        # The cached workflows of a killed worker continue elsewhere after this time. With a shorter one, a burst takes
        # tasks away from the worker that has them in its cache, and their histories are replayed.
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=5),
        workflow_runner=CheckedAtStart(),
        graceful_shutdown_timeout=GRACE,
        max_heartbeat_throttle_interval=timedelta(seconds=2),
        default_heartbeat_throttle_interval=timedelta(seconds=1.5),
    )
