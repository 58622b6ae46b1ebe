"""For which brand this task calls out, so that what calls share is shared fairly among brands.

Rule: the code that starts a call for a brand names it here; a call that names none shares with all such calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_brand: ContextVar[str | None] = ContextVar("calling_brand", default=None)


@contextmanager
def calling_for(brand_ref: str | None) -> Iterator[None]:
    """The calls inside the block, and in tasks that it starts, are this brand's."""
    token = _brand.set(brand_ref)
    try:
        yield
    finally:
        _brand.reset(token)


def calling_brand() -> str | None:
    """The brand of the running task's calls."""
    return _brand.get()
