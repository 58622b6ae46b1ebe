"""How a network shows live posts to an app, as data. Source: docs/networks, section 9 of each network."""

from __future__ import annotations

from pydantic import Field

from munadi.domain.model import Duration, WireModel


class LookRule(WireModel):
    """How a network shows live posts to an app, and how often Munadi asks it."""

    at_once: int = Field(50, description="The most objects (posts, parts, comments) that one look reads.")
    requests: int = Field(3, description="The most requests that one look makes, however many objects it reads.")
    requests_each: int = Field(0, description="The most further requests for each object, where none reads several.")
    of_account: int = Field(240, description="The most requests of looks in a day (UTC), for one account.")
    of_app: int | None = Field(
        None, description="The same for all accounts of the network together; null: the network counts by account."
    )
    price: float = Field(0.0, description="US dollars for each post that a look reads; one that is gone is free.")
    after: tuple[Duration, ...] | None = Field(
        None, description="The ages for this network, unless a setting names others; null: those for all networks."
    )
    lives: dict[str, Duration] = Field(
        {}, description="How long posts live whose option `kind` has this value; others stay."
    )

    def requests_for(self, objects: int) -> int:
        """The most requests of a look at so many objects."""
        return self.requests * -(-objects // self.at_once) + self.requests_each * objects
