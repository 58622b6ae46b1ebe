"""The service for stored files: store one that was uploaded or that a URL names, read and delete them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import Answer, Conflict, NotPermitted, NotVisible, Service
from munadi.db.audit import record
from munadi.db.brands.service import BrandService
from munadi.db.contents import media as stored
from munadi.db.contents.media import media_view
from munadi.db.idempotency import IdempotencyKey
from munadi.db.keys.callers import Principal
from munadi.db.tables import MediaRow
from munadi.domain.audit import Action
from munadi.domain.media import MediaView
from munadi.domain.problem import Problem, ProblemsFound
from munadi.domain.problem_collector import ProblemCollector
from munadi.intake.media import IntakeMedia, MediaIntake, Upload, reuse_stored
from munadi.intake.requests import MediaRequest, MediaUrlRequest
from munadi.media.store import MediaStore
from munadi.process.background import to_the_end
from munadi.publishing import media_deletion as deletion
from munadi.publishing import media_use


@dataclass(frozen=True)
class MediaService(Service):
    """Files. What fetches or probes may be cancelled; what is being stored is stored to its end."""

    brands: BrandService
    intake: MediaIntake
    media_store: MediaStore

    async def fetch(
        self, sent: MediaUrlRequest, shape: Sequence[Problem], caller: Principal, key: IdempotencyKey
    ) -> Answer:
        """Store the file that a URL names. Raises ProblemsFound, QuotaExceeded, MediaGone."""
        problems = ProblemCollector(shape)
        brand_ref = await self.brands.named(sent.brand_ref, caller, problems)
        problems.raise_if_any()
        wanted = [("", MediaRequest(url=sent.url))]
        collected = await self.intake.fetch(brand_ref, wanted, self.clock.now(), problems)
        return await self._keep(key, brand_ref, collected, problems)

    async def keep(self, upload: Upload, caller: Principal, key: IdempotencyKey, problems: ProblemCollector) -> Answer:
        """Store an uploaded file. `problems` are those of its form. Raises as `fetch`; the file is taken over."""
        try:
            brand_ref = await self.brands.named(upload.brand_ref, caller, problems)
            if upload.path is None or problems.has("/brandRef"):
                raise ProblemsFound(problems.all)
            path, now = upload.path, self.clock.now()
            collected = await self.intake.uploaded(
                brand_ref, path, upload.sha256, upload.declared_type, upload.name, now, problems
            )
        except BaseException:
            upload.discard()
            raise
        return await self._keep(upload.identified(key), brand_ref, collected, problems)

    async def list(self, brand_ref: str | None, *, limit: int, before: str | None) -> list[MediaView]:
        """Files of a brand, or all files, the newest first."""
        async with self.database.read() as session:
            return [media_view(row) for row in await stored.list_media(session, brand_ref, limit=limit, before=before)]

    async def get(self, media_id: str, caller: Principal) -> MediaView:
        """A file that the caller may use. Raises NotVisible."""
        return media_view(await self._visible(media_id, caller))

    async def delete(self, media_id: str, caller: Principal) -> None:
        """Delete a file that no post, draft or branding needs. Raises NotVisible, NotPermitted for one that every brand
        may use, Conflict while it is needed."""
        row = await self._visible(media_id, caller)
        if not caller.may_see(row.brand_ref):
            raise NotPermitted(f"the media {media_id} belongs to every brand; delete it with a key for all brands")
        async with self.database.write() as session:
            try:
                deleted = await deletion.delete_media(session, media_id, self.clock.now())
            except deletion.MediaInUse as error:
                raise _in_use(media_id, error) from None
        if not deleted:
            raise NotVisible("media", media_id)

    async def _visible(self, media_id: str, caller: Principal) -> MediaRow:
        async with self.database.read() as session:
            row = await stored.find_media(session, media_id)
        if row is None or not (row.brand_ref is None or caller.may_see(row.brand_ref)):
            raise NotVisible("media", media_id)
        return row

    async def _keep(
        self, key: IdempotencyKey, brand_ref: str | None, collected: IntakeMedia, problems: ProblemCollector
    ) -> Answer:
        try:
            problems.raise_if_any()
        except ProblemsFound:
            collected.discard()
            raise
        return await to_the_end(self._store(key, brand_ref, collected))

    async def _store(self, key: IdempotencyKey, brand_ref: str | None, collected: IntakeMedia) -> Answer:
        digest = collected.new[0].sha256

        async def work(session: AsyncSession) -> Answer:
            rows = await reuse_stored(session, brand_ref, collected, locked=True)
            await media_use.add_media(session, collected)
            view = media_view(rows[digest])
            record(session, Action.MEDIA_CREATED, target=view.id, brand_ref=brand_ref, now=self.clock.now())
            return Answer.of(view, about=view.id)

        try:
            await media_use.put_files(self.database, collected, self.media_store)
            return await self._once(key.record(self.keyring, brand_ref, "media.create"), work)
        finally:
            collected.discard()


def _in_use(media_id: str, error: deletion.MediaInUse) -> Conflict:
    """The refusal to delete a file that is needed, naming what needs it."""
    named, more = ", ".join(error.ids), " and others" if error.has_more else ""
    detail = (
        f"the media {media_id} is needed by {named}{more}; delete the drafts, and let the posts be published, cancel "
        "or edit them, or dismiss their failures, and give the brand another logo (bdg_…); then try again"
    )
    problems = [
        Problem(pointer="", code="MEDIA_IN_USE", message=f"{each} needs it", rule="media_in_use", actual=each)
        for each in error.ids
    ]
    return Conflict("MEDIA_IN_USE", "Still needed", detail, problems)
