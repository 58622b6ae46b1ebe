"""Compares what keys may do, so that no key gives itself or others more than it has.

Making, changing and rotating a key are ways to more rights: each is refused unless the result may do no more than the
caller. Revoking is a way to harm: a key ends none that may do more than itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from munadi.db.answers import NotPermitted
from munadi.db.keys.callers import Principal
from munadi.db.keys.store import NewKey, caps_of, reach_of
from munadi.db.tables import KeyRow
from munadi.domain.key import Scope
from munadi.domain.key_caps import KeyCaps
from munadi.domain.key_view import KeyCreate
from munadi.domain.problem import Problem
from munadi.domain.reach import Reach


class KeyExceedsOwn(NotPermitted):
    """A key would be able to do more than the caller's."""

    code, title = "KEY_EXCEEDS_OWN", "More than the key has itself"


def child_of(caller: Principal, wanted: KeyCreate, reach: Reach) -> NewKey:
    """The key that a caller makes: with the caller's own caps and end where the request gives none. Raises
    KeyExceedsOwn."""
    new = NewKey(
        name=wanted.name,
        scopes=tuple(dict.fromkeys(wanted.scopes)),
        reach=reach,
        caps=filled_caps(wanted.caps, caller),
        expires_at=wanted.expires_at or caller.key_ends_at,
        lineage=(*caller.lineage, caller.key_id),
        metadata=wanted.metadata,
    )
    require_within(new, caller)
    return new


def filled_caps(caps: KeyCaps | None, caller: Principal) -> KeyCaps | None:
    """Caps of a key, with those of the caller where it has none; None without any."""
    filled = (caps or KeyCaps()).within(caller.own_caps)
    return None if filled == KeyCaps() else filled


def require_within(new: NewKey, caller: Principal, *, with_caps: bool = True) -> None:
    """KeyExceedsOwn unless a key with these rights may do no more than the caller."""
    found = _beyond(new.scopes, new.reach, caller)
    if with_caps:
        found += (new.caps or KeyCaps()).looser(caller.own_caps)
        if caller.key_ends_at is not None and new.expires_at is not None and new.expires_at > caller.key_ends_at:
            limit, actual = caller.key_ends_at.isoformat(), new.expires_at.isoformat()
            found.append(_problem("/expiresAt", "the key that makes this call ends earlier", limit, actual))
    _raise_if_any(found)


def require_manageable(row: KeyRow, caller: Principal) -> None:
    """KeyExceedsOwn for a key with scopes or brands that the caller does not have."""
    _raise_if_any(_beyond([Scope(scope) for scope in row.scopes], reach_of(row), caller))


def require_rotatable(row: KeyRow, caller: Principal) -> None:
    """KeyExceedsOwn for a key that may do more than the caller, who learns its text.

    A text that a rotation replaced does not rotate the key: it would outlive its end, and end the new text.
    """
    if row.id == caller.key_id:
        if caller.expires_at != caller.key_ends_at:
            end_of_text = None if caller.expires_at is None else caller.expires_at.isoformat()
            message = "the key was rotated, and this text of it ends soon; rotate with the newest text"
            _raise_if_any([_problem("", message, end_of_text, None)])
        return
    require_manageable(row, caller)
    ends = row.expires_at
    found = (caps_of(row) or KeyCaps()).within(_inherited(row, caller)).looser(caller.own_caps)
    if caller.key_ends_at is not None and (ends is None or ends > caller.key_ends_at):
        limit, actual = caller.key_ends_at.isoformat(), None if ends is None else ends.isoformat()
        found.append(_problem("/expiresAt", "the key that makes this call ends earlier", limit, actual))
    _raise_if_any(found)


def _inherited(row: KeyRow, caller: Principal) -> KeyCaps:
    """The caps that hold for a key by its descent from the caller."""
    return caller.own_caps if caller.key_id in row.lineage else KeyCaps()


def _beyond(scopes: Sequence[Scope], reach: Reach, caller: Principal) -> list[Problem]:
    found = []
    for index, scope in enumerate(scopes):
        if not caller.may(scope):
            message = f"the key that makes this call lacks the scope {scope}"
            found.append(_problem(f"/scopes/{index}", message, " ".join(sorted(caller.scopes)), scope.value))
    for pattern in reach.beyond(caller.reach):
        message = f"the key that makes this call does not work for {'every brand' if pattern == '*' else pattern}"
        found.append(_problem("/brandRefs", message, " ".join(caller.reach.brands or ("*",)), pattern))
    return found


def _problem(pointer: str, message: str, limit: str | None, actual: str | None) -> Problem:
    return Problem(
        pointer=pointer, code="KEY_EXCEEDS_OWN", message=message, rule="own_rights", limit=limit, actual=actual
    )


def _raise_if_any(found: Sequence[Problem]) -> None:
    if found:
        raise KeyExceedsOwn(f"a key gives no more than it has itself: {found[0].message}", found)
