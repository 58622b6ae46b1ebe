"""Accepts the rows of imports: each like a post of its own, under its row's key.

The rule: a row's result is stored after its post. A process that dies between the two leaves a row without a result,
the next one tries it again, and its key finds the post. So nothing is accepted twice, and no row is left out. The key
is remembered for longer than a post can be scheduled ahead.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, select

from munadi.db.answers import Answer, Service
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal, find_key
from munadi.db.tables import ImportLineRow, ImportRow
from munadi.domain.audit import Actor, acting
from munadi.domain.imports import ImportRowStatus, ImportStatus
from munadi.domain.key import Scope
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.usage import Month
from munadi.imports import store
from munadi.imports.service import placed
from munadi.imports.store import RowResult
from munadi.intake.bodies import read_sent
from munadi.intake.requests import ContentRequest
from munadi.process.background import detached
from munadi.publishing import media_deletion
from munadi.publishing.batches import Refusal
from munadi.publishing.pace import wait_for_posts
from munadi.publishing.service import PostService

log = logging.getLogger("munadi.imports")

ROW = "imports.row"
# A post is scheduled at most a year ahead, so no file is of use for longer.
REMEMBERED = timedelta(days=400)
# Rows of one import at a time, and imports side by side: one with slow media keeps no other waiting.
AT_ONCE, SIDE_BY_SIDE = 20, 4
# The first look comes when requests are answered already; later ones find what another process left behind.
FIRST_SECONDS, SECONDS = 5.0, 10.0
# Problems of a row that a later try does not have.
_PASSING = frozenset({"IN_FLIGHT", "CONFLICT"})


@dataclass(frozen=True)
class ImportRunner(Service):
    """The loop that accepts rows. Of all processes one does it at a time. `refuse`: how an error reads as a problem."""

    posts: PostService
    refuse: Callable[[Exception], Refusal]
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """An import has begun in this process."""
        self._woken.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Accept rows while the block runs."""
        task = detached(self._run(), name="imports")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def round(self) -> bool:
        """Try the next rows of some imports. Whether there are more. Raises what the database raised."""
        query = select(ImportRow).where(ImportRow.status == ImportStatus.RUNNING.value).order_by(col(ImportRow.id))
        async with self.database.read() as session:
            found = (await session.exec(query.limit(SIDE_BY_SIDE))).all()
        if not found:
            return False
        async with self.database.alone("imports") as is_alone:
            if not is_alone:
                return False
            await wait_for_posts(self.database, self.clock)
            await asyncio.gather(*(self._advance(row) for row in found))
        return True

    async def _run(self) -> None:
        pause = FIRST_SECONDS
        while True:
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                pass  # another process may have left something
            self._woken.clear()
            try:
                while await self.round():
                    pass
            except SQLAlchemyError as error:
                log.warning("the database does not answer: %s", str(error)[:300])
            except Exception:
                log.exception("a round of imports failed unexpectedly; the next one continues")
            pause = SECONDS

    async def _advance(self, row: ImportRow) -> None:
        """Try the next rows of an import, or end it."""
        caller = await self._caller(row)
        async with self.database.read() as session:
            lines = await store.pending(session, row.id, AT_ONCE)
        if caller is None or not lines:
            await self._end(row, ImportStatus.STOPPED if lines else ImportStatus.COMPLETED)
            return
        results = []
        with acting(Actor(key_id=row.key_id, brand_ref=caller.only_brand)):
            for line in lines:
                result = await self._try(row, line, caller)
                if result is None:
                    break  # the database is away: what was tried so far may be stored later
                results.append(result)
        async with self.database.write() as session:
            await store.store_results(session, row.id, results)

    async def _caller(self, row: ImportRow) -> Principal | None:
        """The key that began the import, as long as it may publish."""
        now = self.clock.now()
        found = await find_key(self.database, row.key_id, Month.of(now))
        if found is None or found.revoked_at is not None or not found.may_see(row.brand_ref):
            return None
        has_ended = found.expires_at is not None and found.expires_at <= now
        return None if has_ended or not found.may(Scope.CONTENTS_PROPOSE) else found

    async def _try(self, row: ImportRow, line: ImportLineRow, caller: Principal) -> RowResult | None:
        """The result of a row; None if it must be tried again."""
        key = IdempotencyKey(line.row_key, (line.fingerprint or "",), REMEMBERED)
        try:
            if row.dry_run:
                return await self._check(row, line, caller, key)
            request, shape = read_sent(line.sent, ContentRequest)
            answer = await self.posts.accept(request, shape, caller, key, operation=ROW)
            return _accepted(line, answer, row.created_at)
        except Exception as error:  # noqa: BLE001 - the result of this row; the others are still accepted
            refusal = self.refuse(error)
            if refusal.status == 503 or json.loads(refusal.problem)["code"] in _PASSING:
                log.warning("row %d of %s is tried again: %s", line.line, row.id, str(error)[:300])
                await asyncio.sleep(1)
                return None
            return RowResult(line.line, ImportRowStatus.REFUSED, why=_why(refusal, line))

    async def _check(self, row: ImportRow, line: ImportLineRow, caller: Principal, key: IdempotencyKey) -> RowResult:
        """As `accept` would, without storing anything."""
        earlier = await self._earlier(key.record(self.keyring, row.brand_ref, ROW))
        if earlier is not None:
            return _accepted(line, earlier, row.created_at)
        found = await self.posts.validate_body(line.sent, caller)
        if not found.valid:
            raise ProblemsFound(list(found.problems), more=found.more_problems)
        return RowResult(line.line, ImportRowStatus.VALID)

    async def _end(self, row: ImportRow, status: ImportStatus) -> None:
        for media_id in row.media:
            await self._delete_media(media_id)
        async with self.database.write() as session:
            await store.end(session, row.id, status, self.clock.now())
        log.info("import %s has ended: %s", row.id, status)

    async def _delete_media(self, media_id: str) -> None:
        """Delete a file that a dry run stored, unless a post uses it by now."""
        async with self.database.write() as session:
            try:
                await media_deletion.delete_media(session, media_id, self.clock.now())
            except media_deletion.MediaInUse:
                log.info("the file %s of a dry run is used by now, and stays", media_id)


def _accepted(line: ImportLineRow, answer: Answer, began: datetime) -> RowResult:
    """Accepted by this import, also where a killed process stored no result; or by an earlier one."""
    view: dict[str, Any] = json.loads(answer.body)
    is_earlier = answer.is_repeated and datetime.fromisoformat(view["createdAt"]) < began
    status = ImportRowStatus.REPEATED if is_earlier else ImportRowStatus.ACCEPTED
    return RowResult(line.line, status, content_id=view["id"])


def _why(refusal: Refusal, line: ImportLineRow) -> dict[str, Any]:
    problem = json.loads(refusal.problem)
    code, detail, found = problem["code"], problem["detail"], problem.get("errors", ())
    problems: Sequence[Problem] = [Problem.model_validate(each) for each in found]
    if code == "IDEMPOTENCY_KEY_REUSED":
        detail = "a post was accepted with this rowKey before, and the row has other values now; change the post itself"
        problems = [Problem(pointer="/rowKey", code=code, message=detail, rule=code.lower(), actual=line.row_key)]
    return {
        "statusCode": refusal.status,
        "code": code,
        "detail": detail,
        "problems": placed(problems, line.columns),
    }
