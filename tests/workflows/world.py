"""Munadi without its API: a real database, the real workflows and activities, networks that tests can inspect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlmodel import col, select
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

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
from munadi.accounts.tokens import AccountTokens
from munadi.crypto import KeyRing, create_key
from munadi.db.accounts.store import AccountStore
from munadi.db.accounts.upkeep import UpkeepStore
from munadi.db.ids import new_id
from munadi.db.session import Database
from munadi.db.tables import AccountRow, AttemptRow, BrandRow, ContentRow, DraftRow, EventRow, PublicationRow
from munadi.domain.account import Credentials, Profile
from munadi.domain.approval import NO_DRAFT
from munadi.domain.channel import ChannelName
from munadi.domain.event import EventType
from munadi.domain.ids import Prefix, account_workflow_id, posts_queue, workflow_id
from munadi.domain.publication import PublicationStatus
from munadi.outbound.host_calls import HostCalls
from munadi.ports import Channels, Clock, Connection
from munadi.publishing import account_changes, approvals, changes
from munadi.publishing.attempts import AttemptStore
from munadi.publishing.content import LockedContent
from munadi.publishing.fitting import FittingStore
from munadi.publishing.live_edits import EditStore
from munadi.publishing.operators import OperatorCommands
from munadi.publishing.plans import view_of
from munadi.publishing.schedule import ScheduleStore
from munadi.publishing.withdrawals import WithdrawalStore
from munadi.webhooks.dispatcher import EventDispatcher
from tests.support.tables import create_tables
from tests.support.temporal import result_of
from tests.workflows.fakes import NoDeliveries, ServerClock, Tokens
from tests.workflows.network import FakeChannel, spec
from workflows.registry import WORKFLOWS
from workflows.start import wake_account, wake_content

S = PublicationStatus


async def _really(duration: timedelta) -> None:
    await asyncio.sleep(duration.total_seconds())


class World:
    """One brand, one account per channel, and the posts that a test submits."""

    def __init__(self, client: Client, database: Database, names: Sequence[ChannelName]) -> None:
        self.client = client
        self.database = database
        self.channels = {name: FakeChannel(spec(name)) for name in names}
        self.tokens = Tokens(database)
        self.clock: Clock = ServerClock()
        self.keyring = KeyRing([create_key()])
        self.store = AccountStore(database, self.keyring)
        self.queue = f"q-{uuid4().hex[:8]}"
        self.skip: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
        # Advances the server's time by exactly this much. An unlocked clock may jump by years meanwhile.
        self.let_pass: Callable[[timedelta], Awaitable[None]] = _really
        self.accounts = {name: new_id(Prefix.ACCOUNT) for name in names}
        self.webhooks = WebhookActivities(lambda: None)
        self.room = WaitingRoom()
        self.deliveries = NoDeliveries()
        self.sender = NoDeliveries()

    async def create(self) -> None:
        """Create the tables, the brand and its accounts."""
        await create_tables(self.database)
        now = datetime.now(UTC)
        async with self.database.write() as session:
            session.add(BrandRow(ref="acme", created_at=now))
            await session.flush()
            for name, account_id in self.accounts.items():
                session.add(
                    AccountRow(
                        id=account_id,
                        brand_ref="acme",
                        channel=name,
                        external_id="1",
                        handle="h",
                        status="connected",
                        sealed=b"",
                        created_at=now,
                        updated_at=now,
                    )
                )

    async def connect(self, name: ChannelName, credentials: Credentials, *, at: datetime | None = None) -> str:
        """Connect the channel's account with these credentials. Returns its id."""
        connection = Connection(Profile(external_id="1", handle="h"), credentials)
        async with self.database.write() as session:
            now = at or datetime.now(UTC)
            view = await account_changes.connect(session, self.keyring, "acme", name, connection, login=None, now=now)
        return view.id

    async def wake_account(self, account_id: str) -> None:
        """Wake the workflow of an account, as the API and the relay do."""
        channel = next(name for name, key in self.accounts.items() if key == account_id)
        await wake_account(self.client, self.queue, account_id=account_id, brand_ref="acme", channel=channel)

    def account_workflow(self, account_id: str) -> WorkflowHandle[Any, Any]:
        """The workflow of an account."""
        return self.client.get_workflow_handle(account_workflow_id(account_id))

    async def account(self, account_id: str) -> AccountRow:
        """The row of an account."""
        async with self.database.read() as session:
            return await session.get_one(AccountRow, account_id)

    async def submit(
        self,
        due: datetime,
        *,
        text: str = "hello",
        window: timedelta = timedelta(hours=24),
        lead: float = 0.0,
        parts: Sequence[str] = (),
        is_proposed: bool = False,
    ) -> str:
        """Store an accepted post for every channel; a proposed one waits for an approval. Returns its id."""
        now, content_id = datetime.now(UTC), new_id(Prefix.CONTENT)
        publications = {new_id(Prefix.PUBLICATION): name for name in self.channels}
        async with self.database.write() as session:
            session.add(
                ContentRow(
                    id=content_id,
                    brand_ref="acme",
                    status="accepted",
                    scheduled_at=due,
                    publish_by=due + window,
                    **({"approval": approvals.asked(1, now), "approved_draft": NO_DRAFT} if is_proposed else {}),
                    created_at=now,
                    updated_at=now,
                )
            )
            await session.flush()
            session.add(
                DraftRow(
                    content_id=content_id,
                    draft_version=1,
                    source={"text": text},
                    resolved={key: {"text": text, "parts": list(parts)} for key in publications},
                    created_at=now,
                )
            )
            for place, (key, name) in enumerate(publications.items()):
                session.add(
                    PublicationRow(
                        id=key,
                        content_id=content_id,
                        account_id=self.accounts[name],
                        channel=name,
                        place=place,
                        status="accepted",
                        due_at=due,
                        lead_seconds=lead,
                        steps_left=list(parts),
                        created_at=now,
                        updated_at=now,
                    )
                )
            await session.flush()
            post = await LockedContent.lock(session, content_id, now)
            assert post is not None
            await post.emit(EventType.CONTENT_ACCEPTED)
            post.wake()
            await post.close()
        return content_id

    async def wake(self, content_id: str, *, first: bool = False, recorded: bool = True) -> None:
        """Start or wake the workflow, as the relay does. `first` also passes the accepted post, as the API does."""
        view = None
        if first:
            async with self.database.read() as session:
                post = await LockedContent.read(session, content_id, datetime.now(UTC))
                view = view_of(post.content, post.publications, post.now) if post is not None else None
        await wake_content(
            self.client,
            self.queue,
            content_id=content_id,
            brand_ref="acme",
            channels=list(self.channels),
            view=view,
        )
        if view is not None and recorded:
            await ScheduleStore(self.database, self.keyring).queue([content_id], datetime.now(UTC))

    def handle(self, content_id: str) -> WorkflowHandle[Any, Any]:
        """The workflow of a post."""
        return self.client.get_workflow_handle(workflow_id(content_id))

    async def result(self, content_id: str) -> str:
        """Wait for the result of a post's workflow. The time-skipping server skips time meanwhile."""
        async with self.skip():
            return str(await result_of(self.handle(content_id)))

    async def change(self, content_id: str, what: str, *args: Any, **kwargs: Any) -> Any:
        """Change a post as the API does: one transaction, then a wake."""
        async with self.database.write() as session:
            post = await LockedContent.lock(session, content_id, datetime.now(UTC))
            assert post is not None
            answer = await getattr(approvals if what == "approve" else changes, what)(post, *args, **kwargs)
        await self.wake(content_id)
        return answer

    async def change_resolve(self, content_id: str, publication_id: str, *, published: bool) -> None:
        """Resolve an unconfirmed publication, as a person does."""
        async with self.database.write() as session:
            post = await LockedContent.lock(session, content_id, datetime.now(UTC))
            assert post is not None
            row = post.publication(publication_id)
            await changes.resolve(post, row, published=published, post_id=None, url=None)

    async def publications(self, content_id: str) -> dict[str, PublicationRow]:
        """The publications of a post by channel."""
        async with self.database.read() as session:
            query = select(PublicationRow).where(PublicationRow.content_id == content_id)
            return {row.channel: row for row in (await session.exec(query)).all()}

    async def content(self, content_id: str) -> ContentRow:
        """The row of a post."""
        async with self.database.read() as session:
            return await session.get_one(ContentRow, content_id)

    async def events(self, content_id: str) -> list[EventRow]:
        """The events of a post in order."""
        async with self.database.read() as session:
            query = select(EventRow).where(EventRow.content_id == content_id).order_by(col(EventRow.sequence))
            return list((await session.exec(query)).all())

    async def attempts(self, publication_id: str) -> list[AttemptRow]:
        """The attempts of a publication in order."""
        async with self.database.read() as session:
            query = select(AttemptRow).where(AttemptRow.publication_id == publication_id)
            return list((await session.exec(query.order_by(col(AttemptRow.number)))).all())

    def activities(self) -> list[Callable[..., Any]]:
        """The real activities over this world."""
        channels, fitting = Channels(dict(self.channels)), FittingStore(self.database)
        schedule, attempts = ScheduleStore(self.database, self.keyring), AttemptStore(self.database, self.keyring)
        contents = ContentActivities(schedule, OperatorCommands(self.database), self.clock)
        publishing = PublishingActivities(schedule, attempts, channels, self.tokens, self.clock, "test", HostCalls())
        renewing = AccountTokens(self.store, channels, self.clock, "test")
        requests = LiveRequests(channels, self.tokens, self.clock, "test")
        keeping = UpkeepActivities(UpkeepStore(self.database, self.keyring), channels, renewing, self.clock)
        return [
            contents.look,
            contents.operate,
            PreparingActivities(schedule, attempts, channels, self.tokens, fitting, self.clock, self.room).prepare,
            publishing.publish,
            publishing.check,
            ReconcilingActivities(schedule, attempts, channels, self.tokens, self.clock).reconcile,
            publishing.finish,
            publishing.locate,
            WithdrawingActivities(WithdrawalStore(self.database, channels), requests).withdraw,
            EditingActivities(EditStore(self.database), requests).edit,
            keeping.keep,
            self.webhooks.deliver,
        ]

    @asynccontextmanager
    async def worker(self, **options: Any) -> AsyncIterator[Worker]:
        """The real workflows, activities and event dispatcher over this world."""
        dispatcher = EventDispatcher(self.deliveries, self.sender, self.clock, "test", interval=0.1)
        self.webhooks = WebhookActivities(dispatcher.wake)
        self.room = WaitingRoom()
        self.database.on_deliveries = dispatcher.wake
        dispatching = asyncio.create_task(dispatcher.run())
        common: dict[str, Any] = {"workflows": WORKFLOWS, "activities": self.activities()}
        try:
            async with (  # the first one is for accounts
                Worker(self.client, task_queue=self.queue, **common),
                Worker(self.client, task_queue=posts_queue(self.queue), **common, **options) as worker,
            ):
                yield worker
                await self.room.close()
        finally:
            dispatching.cancel()
            await asyncio.gather(dispatching, return_exceptions=True)
