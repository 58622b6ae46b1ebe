"""Metadata: names and texts of a client's own, stored with an object and returned with it. No network sees them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

METADATA_NAME = r"^[A-Za-z0-9_.-]{1,40}$"
MAX_METADATA, MAX_METADATA_VALUE = 20, 500
Metadata = Annotated[
    dict[Annotated[str, Field(pattern=METADATA_NAME)], Annotated[str, Field(max_length=MAX_METADATA_VALUE)]],
    Field(max_length=MAX_METADATA),
]
# Of an object as it is returned, and of a request that makes or changes one.
OwnMetadata = Annotated[dict[str, str], Field(description="Names and texts of the client's own.")]
NewMetadata = Annotated[
    Metadata | None,
    Field(
        description="All names and texts of your own, returned with it and never sent to a network; null: none. At "
        f"most {MAX_METADATA}, and {MAX_METADATA_VALUE} characters each."
    ),
]
