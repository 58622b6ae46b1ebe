"""The service for saved drafts: posts that are not finished. Submitting one ends it.

A draft is checked as a new post is, and never refused for what is missing or wrong: its problems are stored with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, BasedOn, Conflict, NotVisible, Service
from munadi.db.brands.limits import require_holding
from munadi.db.brands.service import BrandService
from munadi.db.contents import saved_drafts
from munadi.db.idempotency import IdempotencyKey, IdempotencyRecord
from munadi.db.keys.callers import Principal
from munadi.db.tables import SavedDraftRow
from munadi.domain.content import DraftCheck, SavedDraft
from munadi.domain.ids import Prefix, is_id
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.domain.usage import Limit, QuotaExceeded
from munadi.intake.bodies import read_sent
from munadi.intake.requests import ContentRequest, DraftBody
from munadi.intake.strict_json import JsonRefused, read_json
from munadi.process.background import to_the_end
from munadi.publishing.service import DraftOvertaken, PostService

Json = dict[str, Any]


@dataclass(frozen=True)
class DraftService(Service):
    """Saved drafts. `max_body`: the bytes of one, as of a request."""

    brands: BrandService
    posts: PostService
    max_body: int

    async def create(
        self,
        content: Mapping[str, Any],
        sent: DraftBody,
        shape: Sequence[Problem],
        caller: Principal,
        key: IdempotencyKey,
    ) -> Answer:
        """Keep a post that is not finished. Only an unknown brand is refused: ProblemsFound. Raises Conflict where the
        brand has too many."""
        brand_ref = await self._brand_of(sent, shape, caller)
        record = key.record(self.keyring, brand_ref, "drafts.create")
        if earlier := await self._earlier(record):
            return earlier
        whole = {**content, "brandRef": brand_ref}
        check = await self._checked(whole, caller)
        return await to_the_end(self._add(record, brand_ref, whole, check))

    async def list(self, brand_ref: str | None, *, limit: int, before: str | None) -> tuple[list[SavedDraft], bool]:
        """Drafts that are not submitted, of a brand or of all, the newest first; and whether there are more."""
        async with self.database.read() as session:
            return await saved_drafts.list_drafts(session, brand_ref, limit=limit, before=before)

    async def get(self, draft_id: str, caller: Principal) -> SavedDraft:
        """A draft that is not submitted. Raises NotVisible."""
        draft = await self._visible(draft_id, caller)
        if draft.content_id is not None:
            raise NotVisible("draft", draft_id)
        return saved_drafts.draft_view(draft)

    async def submitted_as(self, draft_id: str, caller: Principal) -> str | None:
        """The post that a draft became, if it is submitted and the caller may see its brand."""
        try:
            return (await self._visible(draft_id, caller)).content_id
        except NotVisible:
            return None

    async def change(
        self,
        draft_id: str,
        changes: Mapping[str, Any],
        sent: DraftBody,
        shape: Sequence[Problem],
        caller: Principal,
        based_on: BasedOn,
    ) -> Answer:
        """Change fields: absent ones stay, None removes one. Raises NotVisible, Conflict, StaleVersion,
        ProblemsFound."""
        draft = await self._open(draft_id, caller)
        problems = ProblemCollector(shape)
        if sent.brand_ref not in (None, draft.brand_ref):
            problems.add("/brandRef", "BRAND_FIXED", "a draft stays with its brand; save a new one for the other brand")
        problems.raise_if_any()
        based_on.require(draft.version)
        content = {name: value for name, value in {**draft.content, **changes}.items() if value is not None}
        content["brandRef"] = draft.brand_ref
        self._require_bounded(content)
        changed = await to_the_end(self._replace(draft, content, await self._checked(content, caller)))
        if changed is None:
            raise await self._overtaken(draft_id, caller, based_on)
        return Answer.of(changed)

    async def delete(self, draft_id: str, caller: Principal, based_on: BasedOn | None) -> None:
        """Delete a draft. Raises NotVisible, Conflict, StaleVersion."""
        draft = await self._open(draft_id, caller, based_on)
        async with self.database.write() as session:
            gone = await saved_drafts.delete_draft(session, draft, self.clock.now())
        if not gone:
            raise await self._overtaken(draft_id, caller, based_on)

    async def submit(self, draft_id: str, caller: Principal, key: IdempotencyKey, based_on: BasedOn | None) -> Answer:
        """Accept the draft as a post; it ends in the same transaction, so it becomes one post at most. Raises as
        `PostService.accept`, and NotVisible, Conflict, StaleVersion."""
        draft = await self._visible(draft_id, caller)
        if draft.content_id is not None and (earlier := await self.posts.submitted(draft, key)):
            return earlier
        draft = _still_open(draft, based_on)
        sent, shape = read_sent(draft.content, ContentRequest)
        try:
            return await self.posts.submit(draft, sent, shape, caller, key)
        except DraftOvertaken:
            raise await self._overtaken(draft_id, caller, based_on) from None

    async def _add(self, record: IdempotencyRecord | None, brand_ref: str, content: Json, check: DraftCheck) -> Answer:
        async def work(session: AsyncSession) -> Answer:
            now = self.clock.now()
            await require_holding(session, brand_ref, Limit.DRAFTS, self.limits, now)
            return Answer.of(await saved_drafts.add_draft(session, brand_ref, content, check, now))

        try:
            return await self._once(record, work)
        except QuotaExceeded as error:
            detail = f"{error}; submit or delete some first"
            raise Conflict("TOO_MANY_DRAFTS", "Too many drafts", detail, [error.problem]) from None

    async def _replace(self, draft: SavedDraftRow, content: Json, check: DraftCheck) -> SavedDraft | None:
        async with self.database.write() as session:
            return await saved_drafts.change_draft(session, draft, content, check, self.clock.now())

    async def _brand_of(self, sent: DraftBody, shape: Sequence[Problem], caller: Principal) -> str:
        problems = ProblemCollector(shape)
        if sent.brand_ref is None and caller.is_for_all and not shape:
            problems.add("/brandRef", "MISSING_FIELD", "name the brand; this key may see more than one")
        brand_ref = await self.brands.named(sent.brand_ref, caller, problems)
        problems.raise_if_any()
        assert brand_ref is not None
        return brand_ref

    async def _checked(self, content: Json, caller: Principal) -> DraftCheck:
        """What is stored of the check. Previews and lengths can be computed at any time."""
        found = await self.posts.validate_body(content, caller)
        return DraftCheck(
            valid=found.valid, problems=found.problems, more_problems=found.more_problems, warnings=found.warnings
        )

    def _require_bounded(self, content: Json) -> None:
        """ProblemsFound for a changed draft that is too large for one request. Without this limit, every change could
        add as much as a request has."""
        body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
        too_long = len(body) > self.max_body
        message = f"the body has {len(body)} bytes, and a body has at most {self.max_body}" if too_long else ""
        try:
            read_json(b"null" if too_long else body)
        except JsonRefused as error:
            message = str(error)
        if message:
            message = f"the draft becomes too large with this change: {message}; remove a field first"
            problem = Problem(pointer="", code="INVALID_FIELD", message=message, rule="too_long", limit=self.max_body)
            raise ProblemsFound([problem])

    async def _visible(self, draft_id: str, caller: Principal) -> SavedDraftRow:
        """A draft, also a submitted one. Raises NotVisible."""
        async with self.database.read() as session:
            possible = is_id(draft_id, Prefix.SAVED_DRAFT)
            draft = await saved_drafts.find_draft(session, draft_id) if possible else None
        if draft is None or not caller.may_see(draft.brand_ref):
            raise NotVisible("draft", draft_id)
        return draft

    async def _open(self, draft_id: str, caller: Principal, based_on: BasedOn | None = None) -> SavedDraftRow:
        return _still_open(await self._visible(draft_id, caller), based_on)

    async def _overtaken(self, draft_id: str, caller: Principal, based_on: BasedOn | None) -> Conflict:
        """The refusal of a change that came second. Raises what says more."""
        version = (await self._open(draft_id, caller, based_on)).version
        detail = f"the draft was changed at the same time and is at version {version} now; read it, then try again"
        return Conflict("DRAFT_CHANGED", "Changed meanwhile", detail, version=version)


def _still_open(draft: SavedDraftRow, based_on: BasedOn | None) -> SavedDraftRow:
    """The draft. Raises Conflict for one that was submitted, StaleVersion for another version."""
    if draft.content_id is not None:
        detail = f"the draft became the post {draft.content_id}; read or change that one"
        raise Conflict("DRAFT_SUBMITTED", "Submitted already", detail)
    if based_on is not None:
        based_on.require(draft.version)
    return draft
