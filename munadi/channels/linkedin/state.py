"""What a handle of this channel holds: the uploaded files, the card of a link, what is live, what became unknown."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from munadi.channels.linkedin.spec import ASSET_LIFE, SLACK
from munadi.domain.model import Model
from munadi.ports import HandleState


class Part(Model):
    """One request of an upload: `url` is a secret. Without a size it takes the whole file; `tag` once it is there."""

    url: str = Field(repr=False)
    first: int = 0
    size: int | None = None
    tag: str | None = None


class Asset(Model):
    """A file at LinkedIn. `uploaded_at` once all parts are there, `is_ready` once it is processed."""

    urn: str
    kind: str
    opened_at: datetime
    token: str = Field(default="", repr=False)
    parts: tuple[Part, ...]
    uploaded_at: datetime | None = None
    is_ready: bool = False


class Card(Model):
    """The card of a link; its picture is the only asset."""

    title: str
    description: str = ""


class Live(Model):
    """What is live; LinkedIn's answer may have had no id."""

    id: str | None
    url: str | None = None


class Prepared(HandleState):
    """The state of a handle: `assets` in the draft's order, `failures` of uploads, live posts by step.

    `keys` are the URNs of every file that a visible call may have used, also of earlier uploads. `duplicate_of` is the
    post that a refusal as a duplicate named.
    """

    assets: tuple[Asset, ...] = ()
    keys: tuple[str, ...] = ()
    card: Card | None = None
    failures: int = 0
    posts: dict[str, Live] = {}
    duplicate_of: str | None = None

    @property
    def expires_at(self) -> datetime | None:
        """When the first file may be gone."""
        return min((one.opened_at + ASSET_LIFE for one in self.assets), default=None)

    @property
    def urns(self) -> list[str]:
        """The files of the post."""
        return [one.urn for one in self.assets]

    def is_complete(self, media: int, *, card: bool) -> bool:
        """Whether everything is uploaded and processed."""
        has_all = self.card is not None if card else len(self.assets) == media
        return has_all and all(one.is_ready for one in self.assets)

    def without_lapsed_assets(self, now: datetime) -> Prepared:
        """The same without files that may be gone before they are used."""
        ends = self.expires_at
        return self if ends is None or ends - SLACK > now else self.without_assets(self.failures)

    def without_assets(self, failures: int) -> Prepared:
        """The same without its uploads; their keys and what is live stay known."""
        return self.model_copy(update={"assets": (), "card": None, "failures": failures})
