"""The service for brandings: set, read and remove how a brand looks on the pages for owners and reviewers.

The file of a logo is used like that of a post (`munadi.db.contents.media_uses`), under the branding's id: while a brand
shows it, it can be deleted neither by a person nor as unused.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from munadi.db.answers import NotVisible, Service
from munadi.db.audit import record
from munadi.db.brands.limits import lock_rules
from munadi.db.brands.service import BrandService
from munadi.db.contents.media import media_by_id
from munadi.db.contents.media_uses import forget_uses, use_media
from munadi.db.ids import new_id
from munadi.db.keys.callers import Principal
from munadi.db.tables import BrandingRow, BrandRow, MediaRow
from munadi.domain.audit import Action
from munadi.domain.branding import BrandingPut, BrandingView, check_logo
from munadi.domain.colour import text_on
from munadi.domain.ids import Prefix, is_id
from munadi.domain.media_facts import MediaFacts
from munadi.domain.problem_collector import ProblemCollector


@dataclass(frozen=True)
class ShownBranding:
    """What pages show of a brand. Without an `id` it has no branding; `logo`: the width and height of its logo."""

    name: str
    timezone: str
    id: str | None = None
    logo: tuple[int, int] | None = None
    colour: str | None = None
    support_url: str | None = None


@dataclass(frozen=True)
class BrandingService(Service):
    """Brandings. `base_url` is where browsers reach the API."""

    brands: BrandService
    base_url: str

    async def put(self, brand_ref: str, sent: BrandingPut, caller: Principal) -> BrandingView:
        """Set how the brand looks, all of it. Raises NotVisible, ProblemsFound."""
        await self.brands.get(brand_ref, caller)
        now = self.clock.now()
        async with self.database.write() as session:
            before = await _locked(session, brand_ref)
            row = _row(brand_ref, sent, before.created_at if before is not None else now, now)
            if before is not None and _shown_by(before) == _shown_by(row):
                row = before
                row.updated_at = now
            else:
                await self._replace(session, before, row)
            record(session, Action.BRANDING_SET, target=brand_ref, brand_ref=brand_ref, now=now)
        return self._view(row)

    async def get(self, brand_ref: str, caller: Principal) -> BrandingView:
        """How the brand looks. Raises NotVisible, also where nothing is set."""
        await self.brands.get(brand_ref, caller)
        async with self.database.read() as session:
            row = await _of_brand(session, brand_ref)
        if row is None:
            raise NotVisible("branding of", brand_ref)
        return self._view(row)

    async def delete(self, brand_ref: str, caller: Principal) -> None:
        """Let the brand look as without a branding. Raises NotVisible."""
        await self.brands.get(brand_ref, caller)
        async with self.database.write() as session:
            row = await _locked(session, brand_ref)
            if row is None:
                raise NotVisible("branding of", brand_ref)
            await _delete(session, row)
            now = self.clock.now()
            record(session, Action.BRANDING_REMOVED, target=brand_ref, brand_ref=brand_ref, now=now)

    async def shown(self, brand_ref: str) -> ShownBranding | None:
        """What the pages of a brand show; None for a brand that is not there, or is being erased."""
        query = (
            select(BrandRow, BrandingRow, MediaRow)
            .join(BrandingRow, BrandingRow.brand_ref == BrandRow.ref, isouter=True)  # type: ignore[arg-type]
            .join(MediaRow, MediaRow.id == BrandingRow.logo_media_id, isouter=True)  # type: ignore[arg-type]
            .where(BrandRow.ref == brand_ref)
        )
        async with self.database.read() as session:
            found = (await session.exec(query)).first()
        if found is None or found[0].erasing_at is not None:
            return None
        brand, row, media = found
        name, zone = brand.name or brand.ref, brand.timezone or "UTC"
        if row is None:
            return ShownBranding(name, zone)
        facts = MediaFacts.model_validate(media.facts) if media is not None and media.deleted_at is None else None
        size = (facts.width, facts.height) if facts is not None else None
        return ShownBranding(row.name or name, zone, row.id, size, row.colour, row.support_url)

    async def colour_of(self, branding_id: str) -> str | None:
        """The colour of a branding, as its style sheet has it; None without one."""
        found = await self._public(branding_id)
        return found.colour if found is not None else None

    async def logo_of(self, branding_id: str) -> str | None:
        """The SHA-256 of a branding's logo; None without one."""
        found = await self._public(branding_id)
        if found is None or found.logo_media_id is None:
            return None
        async with self.database.read() as session:
            media = await media_by_id(session, found.brand_ref, [found.logo_media_id])
        return next((each.sha256 for each in media.values()), None)

    async def _public(self, branding_id: str) -> BrandingRow | None:
        if not is_id(branding_id, Prefix.BRANDING):
            return None
        async with self.database.read() as session:
            row = await session.get(BrandingRow, branding_id)
            brand = await session.get(BrandRow, row.brand_ref) if row is not None else None
        return row if brand is not None and brand.erasing_at is None else None

    async def _replace(self, session: AsyncSession, before: BrandingRow | None, row: BrandingRow) -> None:
        if before is not None:
            await _delete(session, before)
        if row.logo_media_id is not None:
            await _use_logo(session, row)
        session.add(row)

    def _view(self, row: BrandingRow) -> BrandingView:
        return BrandingView(
            brand_ref=row.brand_ref,
            name=row.name,
            logo_media_id=row.logo_media_id,
            logo_url=f"{self.base_url}{logo_path(row.id)}" if row.logo_media_id is not None else None,
            colour=row.colour,
            text_on_colour=text_on(row.colour) if row.colour is not None else None,
            support_url=row.support_url,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


def logo_path(branding_id: str) -> str:
    """Where a logo is loaded from, by anybody."""
    return f"/brandings/{branding_id}/logo"


def style_path(branding_id: str) -> str:
    """Where the style sheet with a branding's colour is loaded from, by anybody."""
    return f"/brandings/{branding_id}/style.css"


def _row(brand_ref: str, sent: BrandingPut, created_at: datetime, now: datetime) -> BrandingRow:
    return BrandingRow(
        id=new_id(Prefix.BRANDING),
        brand_ref=brand_ref,
        name=sent.name,
        logo_media_id=sent.logo_media_id,
        colour=sent.colour,
        support_url=sent.support_url,
        created_at=created_at,
        updated_at=now,
    )


def _shown_by(row: BrandingRow) -> tuple[str | None, ...]:
    return row.name, row.logo_media_id, row.colour, row.support_url


async def _of_brand(session: AsyncSession, brand_ref: str) -> BrandingRow | None:
    return (await session.exec(select(BrandingRow).where(BrandingRow.brand_ref == brand_ref))).first()


async def _locked(session: AsyncSession, brand_ref: str) -> BrandingRow | None:
    """A brand's branding, with the brand's row locked, so that changes of it and an erasure take turns. Raises
    NotVisible for a brand that is being erased."""
    await lock_rules(session, brand_ref)
    brand = await session.get(BrandRow, brand_ref)
    if brand is None or brand.erasing_at is not None:
        raise NotVisible("brand", brand_ref)
    return await _of_brand(session, brand_ref)


async def _delete(session: AsyncSession, row: BrandingRow) -> None:
    await forget_uses(session, row.id)
    await session.delete(row)
    await session.flush()


async def _use_logo(session: AsyncSession, row: BrandingRow) -> None:
    """Keep the logo's file from being deleted. ProblemsFound where there is none, or it cannot be a logo."""
    media_id, problems = str(row.logo_media_id), ProblemCollector()
    is_known = is_id(media_id, Prefix.MEDIA)
    gone = await use_media(session, row.brand_ref, row.id, [media_id]) if is_known else {media_id}
    if gone:
        problems.add("/logoMediaId", "MEDIA_UNKNOWN", f"the brand has no media {media_id[:64]!r}")
        problems.raise_if_any()
    media = (await media_by_id(session, row.brand_ref, [media_id]))[media_id]
    check_logo(MediaFacts.model_validate(media.facts)).raise_if_any()
