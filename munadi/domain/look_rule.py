"""How live posts of a network are looked at later, as data. Source: docs/networks, section 9 of each network."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from munadi.domain.model import Duration, WireModel

# A post that ends by itself is not looked at as if it had vanished.
A_DAY = timedelta(days=1)


class LookRule(WireModel):
    """What it costs to look at live posts, and how much of that Munadi takes."""

    is_on: bool = Field(True, description="Whether posts are looked at where nothing else is set.")
    batch: int = Field(1, ge=1, description="How many objects of one account one call reads.")
    control_calls: int = Field(
        1, ge=0, description="Further calls at most, to prove that what is missing is really gone."
    )
    calls_a_day: int = Field(200, ge=1, description="Calls a day (UTC) for one account at most.")
    app_calls_a_day: int | None = Field(
        None, description="Calls a day (UTC) for all accounts together at most, where the network counts them so."
    )
    price: float | None = Field(None, description="US dollars for each post that a look returns; null: nothing.")
    reads: str = Field("", description="What is read, and the permission that this needs.")
    webhook: str = Field("", description="What the network announces by itself; Munadi does not listen to it.")
    expiring_kinds: tuple[str, ...] = Field(
        (), description="Values of the option `kind` of posts that end by themselves."
    )
    expire_after: Duration = Field(A_DAY, description="When such posts end. ISO 8601.")

    def calls_for(self, objects: int) -> int:
        """How many calls a look at so many objects makes at most."""
        return -(-objects // self.batch) + self.control_calls

    def expires(self, kind: object) -> timedelta | None:
        """How long after publishing a post of this kind ends by itself; None: never."""
        return self.expire_after if kind in self.expiring_kinds else None
