"""Imports: files of many posts, each row of which is accepted or refused for itself."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from munadi.domain.model import BrandOf, CreatedAt, UniqueId, WireModel
from munadi.domain.problem import Problem

# What one import takes. A row is a line of NDJSON, or a record of CSV.
MAX_ROWS = 10_000
MAX_FILE_BYTES = 50_000_000
MAX_ROW_BYTES = 256_000
MAX_ROW_KEY = 200
# Of a ZIP: its entries, the files that rows name, and the bytes of all of them, unpacked.
MAX_ENTRIES = 2_000
MAX_FILES = 500
MAX_UNPACKED = 2 << 30
# No entry of a ZIP may become larger than this many times its packed size. Pictures and videos hardly shrink at all.
MAX_RATIO = 200


class ImportStatus(StrEnum):
    """How far an import is."""

    RUNNING = "running"
    COMPLETED = "completed"
    STOPPED = "stopped"


class ImportRowStatus(StrEnum):
    """What became of a row."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REPEATED = "repeated"
    VALID = "valid"
    REFUSED = "refused"


class ImportCounts(WireModel):
    """How many rows there are of each kind."""

    total: int = Field(description="The rows of the file.")
    accepted: int = Field(description="Accepted as posts by this import.")
    repeated: int = Field(description="Accepted by an earlier import with the same `rowKey`; nothing is stored again.")
    valid: int = Field(description="Of a dry run: these would be accepted.")
    refused: int = Field(description="Refused; each row says why.")


class ImportView(WireModel):
    """An import as the API returns it. Its rows are a list of their own."""

    id: UniqueId
    brand_ref: BrandOf
    status: ImportStatus = Field(
        description="`running`; `completed`: every row has its result; `stopped`: the key that began it may not "
        "publish any more, and the rows that are `pending` were not tried."
    )
    dry_run: bool = Field(description="Whether the rows are only checked, as they would be accepted.")
    counts: ImportCounts = Field(description="How many rows have which result so far.")
    created_at: CreatedAt
    ended_at: datetime | None = Field(description="When it ended; null while it runs.")


class ImportProblem(Problem):
    """A problem of a row. `pointer` leads into the row, as a JSON object."""

    column: str | None = Field(None, description="The column of the CSV file; null for NDJSON.")


class ImportRowView(WireModel):
    """The result of a row."""

    line: int = Field(description="The line of the file on which the row begins, from 1.")
    row_key: str | None = Field(description="The row's own key; null where it has none.")
    status: ImportRowStatus = Field(
        description="`pending`, `accepted`, `repeated` (an earlier import accepted it), `valid` (of a dry run) or "
        "`refused`."
    )
    content_id: str | None = Field(description="The accepted post; null if there is none.")
    status_code: int | None = Field(
        description="What `POST /v1/contents` would answer: 202, 422, 429 …; null while it is `pending`."
    )
    code: str | None = Field(description="Why it was refused, for programs, as in a problem document.")
    detail: str | None = Field(description="Why it was refused, for people.")
    problems: tuple[ImportProblem, ...] = Field((), description="The violations, each with a pointer into the row.")
