"""Whose objects a query over brands is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from munadi.db.tables import BrandRow
from munadi.domain.brand import BrandMode

_TEST_BRANDS = select(col(BrandRow.ref)).where(col(BrandRow.mode) == BrandMode.TEST.value)


@dataclass(frozen=True)
class Brands:
    """One brand (`ref`), or all of them (None); of all, test brands are left out if `live_only`."""

    ref: str | None = None
    live_only: bool = False

    @property
    def are_all(self) -> bool:
        """Whether nothing is left out."""
        return self.ref is None and not self.live_only

    def own(self, brand_ref: ColumnElement[Any] | Mapped[Any]) -> list[ColumnElement[bool]]:
        """The conditions of what belongs to them, by the column with the brand."""
        if self.ref is not None:
            return [brand_ref == self.ref]
        return [or_(brand_ref.is_(None), brand_ref.not_in(_TEST_BRANDS))] if self.live_only else []
