"""What a preparation of this channel holds: uploaded files, the card of a link, what is live, what became unknown."""

from __future__ import annotations

from pydantic import Field

from munadi.channels.linkedin.spec import SLACK
from munadi.channels.uploads import Uploaded, UploadState
from munadi.domain.model import Model


class Part(Model):
    """One request of an upload: `url` is a secret. Without a size it takes the whole file; `tag` once it is there."""

    url: str = Field(repr=False)
    first: int = 0
    size: int | None = None
    tag: str | None = None


class Asset(Uploaded):
    """A file at LinkedIn, by its URN; `kind` is the collection that it is uploaded to."""

    kind: str
    token: str = Field(default="", repr=False)
    parts: tuple[Part, ...]
    is_described: bool = True  # with the post


class Card(Model):
    """The card of a link; its picture is the only medium."""

    title: str
    description: str = ""


class Prepared(UploadState):
    """The state of a preparation. `duplicate_of` is the post that a refusal as a duplicate named."""

    slack = SLACK

    media: tuple[Asset, ...] = ()
    card: Card | None = None
    duplicate_of: str | None = None

    def without_media(self, failures: int) -> Prepared:
        """This state without its uploads; their keys and what is live stay known."""
        return self.model_copy(update={"media": (), "card": None, "failures": failures})
