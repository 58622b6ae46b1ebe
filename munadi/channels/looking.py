"""What looks at live posts have in common at several networks: when posts are read by lists, and what an error spoils.

A withdrawal looks at the few objects of one post: each is read by its id, and as often as it takes. A look at many
posts of an account reads lists first, then by id what they lack, with few requests: the rest waits for the next look.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from munadi.channels.http import NO_PROOF
from munadi.domain.failure import ChannelError, FailureClass, Reason
from munadi.domain.reasons import REASONS
from munadi.domain.withdrawal import PostedObject, Seen, Verdict

Item = TypeVar("Item")
# So many objects are read by their ids at once, without a list.
FEW = 2
# A look at many objects makes so many requests to read them.
MOST_REQUESTS = 10
# A second outage ends a look: each may take as long as a call may.
MOST_OUTAGES = 2
NOT_READ = Seen(verdict=Verdict.UNREADABLE, word="not read: a look makes few requests", left_out=True)
# What every further request would be told, too.
_OF_ALL = frozenset({FailureClass.TOKEN, FailureClass.RATE_LIMIT, FailureClass.CONFIG})
_OF_ACCOUNT = frozenset(
    {
        Reason.MISSING_SCOPE,
        Reason.ROLE_OR_2FA_REQUIRED,
        Reason.ACCOUNT_RESTRICTED,
        Reason.NETWORK_UNREACHABLE,
        Reason.HOST_SLOW,
    }
)


def is_removing(objects: Sequence[PostedObject]) -> bool:
    """Whether we have asked for the removal of one: what a list or a cache shows of it may be from before."""
    return any(one.asked for one in objects)


def are_many(objects: Sequence[PostedObject]) -> bool:
    """Whether lists are read first."""
    return len(objects) > FEW and not is_removing(objects)


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in groups of `size`, in their order."""
    return (items[start : start + size] for start in range(0, len(items), size))


def unreadable(error: ChannelError) -> Seen:
    """What a failed read shows of an object."""
    return Seen(verdict=Verdict.UNREADABLE, word=str(error), pause=error.retry_after or error.pause)


def is_about_account(error: ChannelError) -> bool:
    """Whether the next read would fail in the same way."""
    return REASONS[error.reason].class_ in _OF_ALL or error.reason in _OF_ACCOUNT


@dataclass
class Look:
    """What one look knows so far. `found` has what was read, `failures` what failed, by the ids of objects.

    `left` requests may still be made to read objects, None: as many as it takes. `error` is the first that came, and
    `has_ended` that no further read would help.
    """

    objects: Sequence[PostedObject]
    left: int | None
    found: dict[str, Seen] = field(default_factory=dict)
    failures: dict[str, Seen] = field(default_factory=dict)
    error: ChannelError | None = None
    outages: int = 0
    has_ended: bool = False

    @classmethod
    def at(cls, objects: Sequence[PostedObject]) -> Look:
        """A look that begins."""
        return cls(objects, MOST_REQUESTS if are_many(objects) else None)

    @property
    def unread(self) -> list[PostedObject]:
        """The objects that nothing is known of."""
        return [one for one in self.objects if one.id not in self.found and one.id not in self.failures]

    def may_read(self) -> bool:
        """Whether one more request may be made; it counts as made."""
        if self.has_ended or self.left == 0:
            return False
        self.left = None if self.left is None else self.left - 1
        return True

    def spend(self) -> None:
        """Count a further request that is made in any case."""
        if self.left:
            self.left -= 1

    def failed(self, error: ChannelError, objects: Sequence[PostedObject] = ()) -> None:
        """Record a failed request, which was about these objects."""
        self.error = self.error or error
        self.failures |= {one.id: unreadable(error) for one in objects}
        self.outages += error.reason is Reason.PROVIDER_OUTAGE and error.provider_code != NO_PROOF
        self.has_ended = self.has_ended or is_about_account(error) or self.outages >= MOST_OUTAGES

    def seen(self) -> list[Seen]:
        """What each object showed. Raises ChannelError when nothing could be read."""
        if self.error is not None and not self.found:
            raise self.error
        rest = unreadable(self.error) if self.error is not None and self.has_ended else NOT_READ
        known = {**self.failures, **self.found}
        return [known.get(one.id, rest) for one in self.objects]
