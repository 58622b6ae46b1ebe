"""The tables of posts: drafts, publications and the attempts to publish them.

A post with its publications is changed under the row lock of the post (`munadi.publishing.content`). `revision` makes
each status change a compare-and-set on top of it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from munadi.db.types import instant as _at
from munadi.db.types import json_column as _json
from munadi.db.types import partial_index

# Posts whose result needs a person and is not dismissed. A query that is to use the index has exactly this condition.
NEEDS_A_PERSON = "status IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL"
# The same posts, for an index by their age. Other words, or a database would take the indexes by status, and sort.
NEEDS_A_PERSON_BY_AGE = "status || '' IN ('failed', 'partially_published', 'unconfirmed') AND dismissed_at IS NULL"
# The same for publications that are live without a part, such as their first comment.
IS_INCOMPLETE = "incomplete_at IS NOT NULL AND dismissed_at IS NULL"
# The same for live publications whose withdrawal or edit was refused, or is not certain.
IS_KEPT = "kept_since IS NOT NULL AND dismissed_at IS NULL"
# The same for live publications that looks showed to be gone or limited.
IS_HIDDEN = "hidden_since IS NOT NULL AND dismissed_at IS NULL"
# The same for publications that are looked at after they were published.
IS_WATCHED = "watch_at IS NOT NULL"
# The same for posts that wait for an approval.
IS_PROPOSED = "proposed_as IS NOT NULL"
# The same for posts that have taken a slot of their queue.
IN_A_SLOT = "slot_id IS NOT NULL"
# The same for posts of a series.
IN_A_SERIES = "series_id IS NOT NULL"
# Posts and publications whose status is not that of nearly all of them. A page of the others fills without an index.
IS_NOT_PUBLISHED = "status <> 'published'"
# The same for publications that have an outcome to count.
HAS_ENDED = "status IN ('published', 'failed')"


class ContentRow(SQLModel, table=True):
    __tablename__ = "contents"
    __table_args__ = (
        Index("contents_by_brand", "brand_ref", "created_at", "id"),
        Index("contents_by_age", "created_at", "id"),
        Index("contents_by_time", "scheduled_at"),
        Index("contents_by_brand_and_time", "brand_ref", "scheduled_at", "id"),
        partial_index("contents_by_status", "status", "created_at", "id", where=IS_NOT_PUBLISHED),
        partial_index(
            "contents_by_brand_and_status", "brand_ref", "status", "created_at", "id", where=IS_NOT_PUBLISHED
        ),
        partial_index("contents_to_look_at", "next_look_at", where="next_look_at IS NOT NULL"),
        partial_index("contents_to_wake", "next_wake_at", where="wake_seq > wake_ack"),
        partial_index("contents_proposed", "proposed_as", "created_at", "id", where=IS_PROPOSED),
        partial_index(
            "contents_of_a_brand_proposed", "brand_ref", "proposed_as", "created_at", "id", where=IS_PROPOSED
        ),
        partial_index("contents_dismissed_by_age", "created_at", "id", where="dismissed_at IS NOT NULL"),
        partial_index("contents_needing_a_person_by_age", "created_at", "id", where=NEEDS_A_PERSON_BY_AGE),
        # No two posts of a queue have one time. `slot_queue` is in the name, by which a refusal is known.
        partial_index("contents_slot_queue", "brand_ref", "slot_queue", "scheduled_at", where=IN_A_SLOT, unique=True),
        # A series has one post for each date. `occurrence` is in the name, by which a refusal is known.
        partial_index("contents_series_occurrence", "series_id", "occurrence", where=IN_A_SERIES, unique=True),
        partial_index("contents_of_series_by_age", "series_id", "created_at", "id", where=IN_A_SERIES),
        # What a person must look at, counted for the navigation of every page.
        *(
            partial_index(name, *columns, where=NEEDS_A_PERSON)
            for name, columns in (
                ("contents_needing_a_person", ("status", "updated_at")),
                ("contents_of_a_brand_needing_a_person", ("brand_ref", "status", "updated_at")),
            )
        ),
    )
    id: str = Field(primary_key=True)
    brand_ref: str = Field(foreign_key="brands.ref")
    status: str
    client_ref: str | None = Field(default=None, index=True)
    scheduled_at: datetime = _at()
    timezone: str | None = None
    publish_by: datetime = _at()
    publish_by_explicit: bool = False
    version: int = 1
    draft_version: int = 1
    sequence: int = 0
    wake_seq: int = 0
    wake_ack: int = 0
    wake_tries: int = 0
    next_wake_at: datetime | None = _at(default=None)
    next_look_at: datetime | None = _at(default=None)
    # The draft and the due time of the last preflight check (preflights.py).
    preflight_draft: int | None = None
    preflight_for: datetime | None = _at(default=None)
    completed_as: str | None = None
    # The slot that it has taken, whose time is `scheduled_at`, and its queue (munadi.domain.slots).
    slot_id: str | None = None
    slot_queue: str | None = None
    # The series that made it, and the date of it; no date: canceled, and made again for a changed series.
    series_id: str | None = None
    occurrence: date | None = None
    # When everything of it that is live is withdrawn by itself; null: never.
    withdraw_at: datetime | None = _at(default=None)
    # The last decision about it (munadi.domain.approval), and the only draft that may be published; null: any may.
    approval: dict[str, Any] | None = _json(default=None)
    approved_draft: int | None = None
    # The status of that decision while it waits for an approval; null otherwise.
    proposed_as: str | None = None
    # When its drafts were emptied (munadi.publishing.old_texts); null while it has them.
    texts_removed_at: datetime | None = _at(default=None)
    # When the last of its failures was dismissed; null while one is not.
    dismissed_at: datetime | None = _at(default=None)
    created_at: datetime = _at()
    updated_at: datetime = _at()


class DraftRow(SQLModel, table=True):
    """An immutable draft: the request as sent and, per publication, the draft resolved for its channel."""

    __tablename__ = "drafts"
    content_id: str = Field(primary_key=True, foreign_key="contents.id")
    draft_version: int = Field(primary_key=True)
    source: dict[str, Any] = _json()
    resolved: dict[str, Any] = _json()
    warnings: list[dict[str, Any]] = _json(default_factory=list)
    created_at: datetime = _at()


class PublicationRow(SQLModel, table=True):
    __tablename__ = "publications"
    __table_args__ = (
        UniqueConstraint("account_id", "provider_post_id"),
        Index("publications_by_content", "content_id", "place"),
        Index("publications_by_account", "account_id", "status", "due_at"),
        # In the order of lists: a publication is made together with its post.
        Index("publications_by_account_and_age", "account_id", "created_at", "content_id"),
        Index("publications_by_channel_and_age", "channel", "created_at", "content_id"),
        partial_index("publications_by_status", "status", "created_at", "content_id", where=IS_NOT_PUBLISHED),
        Index("publications_by_time", "due_at"),
        partial_index("publications_held", "content_id", where="hold_reason IS NOT NULL"),
        # What was published without a part of it, until a person has dismissed that.
        partial_index("publications_incomplete", "incomplete_at", where=IS_INCOMPLETE),
        partial_index("publications_kept", "kept_since", where=IS_KEPT),
        partial_index("publications_hidden", "hidden_since", where=IS_HIDDEN),
        partial_index("publications_watched", "watch_at", "account_id", where=IS_WATCHED),
        partial_index("publications_watched_by_account", "account_id", "watch_at", where=IS_WATCHED),
        # Few at any time: a preparation is deleted once its publication has ended.
        partial_index("publications_with_preparation", "id", where="sealed_preparation IS NOT NULL"),
        # With every column that insights read, so that the table itself is not read.
        partial_index(
            "publications_ended", "due_at", "channel", "status", "lateness_ms", "account_id", where=HAS_ENDED
        ),
        # One without a fingerprint is not compared.
        partial_index("publications_alike", "account_id", "fingerprint", "due_at", where="fingerprint IS NOT NULL"),
        # With every column that usage reads, so that the table itself is not read.
        partial_index(
            "publications_billed", "account_id", "published_at", "channel", "price", where="published_at IS NOT NULL"
        ),
    )
    id: str = Field(primary_key=True)
    content_id: str = Field(foreign_key="contents.id")
    account_id: str = Field(foreign_key="accounts.id")
    channel: str
    place: int
    status: str
    revision: int = Field(sa_column=Column(Integer, nullable=False))
    due_at: datetime = _at()
    lead_seconds: float = 0.0
    fingerprint: str | None = None  # munadi.intake.fingerprint
    # What its network charges for it, in millionths of a US dollar.
    price: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    epoch: int = 0
    attempt_count: int = 0
    hold_reason: str | None = None
    hold_since: datetime | None = _at(default=None)
    hold_until: datetime | None = _at(default=None)
    hold_count: int = 0
    hold_cause: dict[str, Any] | None = _json(default=None)
    look_count: int = 0
    look_since: datetime | None = _at(default=None)  # set by `munadi db restored`: check, then send
    next_look_at: datetime | None = _at(default=None)
    step_look_at: datetime | None = _at(default=None)  # when to look again for a later step whose outcome is unknown
    preparation_draft_version: int | None = None
    sealed_preparation: bytes | None = Field(default=None, sa_type=LargeBinary)  # munadi.publishing.preparations
    preparation_ready: bool = False
    preparation_expires_at: datetime | None = _at(default=None)
    published_at: datetime | None = _at(default=None)
    lateness_ms: int | None = None
    provider_post_id: str | None = None
    provider_url: str | None = None
    steps_left: list[str] = _json(default_factory=list)
    renditions: list[dict[str, Any]] | None = _json(default=None)  # munadi.domain.fitting.StoredRendition
    failure: dict[str, Any] | None = _json(default=None)
    # When a live post lost a part of it (first comment, thread, thumbnail), and why, as far as it is known.
    incomplete_at: datetime | None = _at(default=None)
    incomplete_because: str | None = None
    # What the post has at its network (munadi.domain.withdrawal), its withdrawal, and when that acts next.
    posted: list[dict[str, Any]] = _json(default_factory=list, sa_column_kwargs={"server_default": text("'[]'")})
    withdrawal: dict[str, Any] | None = _json(default=None)
    withdrawal_at: datetime | None = _at(default=None)
    # Since when its withdrawal or its last edit is refused or not certain; null otherwise.
    kept_since: datetime | None = _at(default=None)
    # The edits of the live post (munadi.domain.live_edit), and when the one under way acts next.
    edits: list[dict[str, Any]] = _json(default_factory=list, sa_column_kwargs={"server_default": text("'[]'")})
    edit_at: datetime | None = _at(default=None)
    # What looks at the live post showed (munadi.domain.liveness), and when it is looked at next; null: never.
    watch: dict[str, Any] | None = _json(default=None)
    watch_at: datetime | None = _at(default=None)
    # Since when it is known to be gone or limited; null otherwise.
    hidden_since: datetime | None = _at(default=None)
    dismissed_at: datetime | None = _at(default=None)
    dismissed_as: str | None = None
    warnings: list[dict[str, Any]] = _json(default_factory=list)
    created_at: datetime = _at()
    updated_at: datetime = _at()

    __mapper_args__: ClassVar[dict[str, Any]] = {}


# Each UPDATE says WHERE revision = <the one that was read>: a lost race is an error, never a lost write.
PublicationRow.__mapper__.version_id_col = PublicationRow.__table__.c.revision  # type: ignore[attr-defined]


class AttemptRow(SQLModel, table=True):
    """One attempt of a visible call. `is_open` until its outcome is certain: an unknown one stays open."""

    __tablename__ = "attempts"
    __table_args__ = (
        partial_index("attempts_one_open", "publication_id", "stage", where="is_open", unique=True),
        UniqueConstraint("publication_id", "stage", "number"),
    )
    id: str = Field(primary_key=True)
    publication_id: str = Field(foreign_key="publications.id")
    stage: str
    number: int
    epoch: int
    holder: str
    is_open: bool = True
    was_uncertain: bool = False  # whether it was ever unknown or still processing, even if it is certain now
    closed_by: str | None = None  # ClosedBy; null while it is open
    # When the first earlier attempt of this step was made that may have been received; null where there is none.
    uncertain_since: datetime | None = _at(default=None)
    intent_at: datetime = _at()
    first_byte_at: datetime | None = _at(default=None)  # null while the call is open, and after its worker died
    deadline_at: datetime = _at()
    ended_at: datetime | None = _at(default=None)
    outcome: str | None = None
    provider_code: str | None = None
    raw: str | None = None


class DiscardRow(SQLModel, table=True):
    """A leftover to remove. `outcome` is null until it ends: `removed`, `withdrawn` or `given_up`, with a note."""

    __tablename__ = "discards"
    __table_args__ = (
        partial_index("discards_due", "next_try_at", where="next_try_at IS NOT NULL"),
        Index("discards_by_publication", "publication_id"),
    )
    id: str = Field(primary_key=True)
    publication_id: str = Field(foreign_key="publications.id")
    draft_version: int
    sealed_preparation: bytes | None = Field(default=None, sa_type=LargeBinary)  # sealed for the publication
    detached: bool = False
    tries: int = 0
    next_try_at: datetime | None = _at(default=None)
    outcome: str | None = None
    note: str | None = None
    created_at: datetime = _at()
    updated_at: datetime = _at()


class IdempotencyRow(SQLModel, table=True):
    __tablename__ = "idempotency"
    __table_args__ = (Index("idempotency_by_age", "created_at"),)
    scope: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    fingerprint: str
    about: str | None = None
    answer: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = _at()
