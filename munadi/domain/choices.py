"""Values of a channel's option that an account can choose from, by their names."""

from __future__ import annotations

from pydantic import Field

from munadi.domain.model import WireModel


class OptionChoice(WireModel):
    """One value of an option, such as a board of an account."""

    value: str = Field(description="What the option takes: the network's own id.")
    name: str = Field(description="What people call it.")
