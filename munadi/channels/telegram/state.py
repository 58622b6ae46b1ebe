"""What a preparation of this channel holds: files in the storage chat, where a look begins, and the live messages."""

from __future__ import annotations

from munadi.channels.posting import PostState
from munadi.domain.model import Model


class Stored(Model):
    """A file at Telegram; `message_id` is its message in the storage chat. `unique_id` is the same wherever it is."""

    file_id: str
    unique_id: str | None = None
    message_id: int


class Prepared(PostState):
    """The state of a preparation.

    `storage` is the chat of `stored`, in the draft's order, and of `rehearsal`, the id of the text that was sent there.
    `floor` is the last id that the chat had before the post. `chat` replaces the account's chat, where a group became
    a supergroup. `failures`: files that Telegram did not know any more.
    """

    storage: str | None = None
    stored: tuple[Stored, ...] = ()
    rehearsal: int | None = None
    floor: int | None = None
    chat: str | None = None
    failures: int = 0

    def is_complete(self, count: int) -> bool:
        """Whether this many media are in the storage chat, where there is one."""
        return self.storage is None or len(self.stored) >= count

    def without_media(self, failures: int) -> Prepared:
        """This state without its stored files."""
        return self.model_copy(update={"stored": (), "failures": failures})

    @property
    def storage_ids(self) -> list[int]:
        """The messages in the storage chat."""
        found = [one.message_id for one in self.stored]
        return found if self.rehearsal is None else [*found, self.rehearsal]
