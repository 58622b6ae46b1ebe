"""Files that a network does not take as they are, and what is made of them. Shapes only.

A `PlannedRendition` is part of a publication's draft: what is made of which file. A `Rendition` is how far that is.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import Field

from munadi.domain.media import MediaAsset
from munadi.domain.model import WireModel

# Part of each key: raise it when the same recipe makes something else of a file.
EDITION = 1


class Fit(StrEnum):
    """What happens to a post whose files a network does not take: `convert` makes copies that it takes."""

    REFUSE = "refuse"
    CONVERT = "convert"


class FitMode(StrEnum):
    """How a picture gets another aspect ratio: with bars beside it, or without its edges."""

    PAD = "pad"
    CROP = "crop"


class Work(StrEnum):
    """What is done to a file: nothing, another wrapping of the same pictures and sound, new pictures or sound."""

    AS_IS = "as_is"
    REMUX = "remux"
    CONVERT = "convert"
    REFUSE = "refuse"


class Change(WireModel):
    """One way in which a rendition differs from its file."""

    what: str = Field(description="What changes, such as `video_codec`; stable.")
    before: str | None = Field(description="As it is in the file; null: not known.")
    after: str | None = Field(description="As it is in the rendition.")


class Recipe(WireModel):
    """How a rendition is made. `width` and `height` are those of its frames, `inner_…` those of the whole picture in
    them, which is cut where it is larger. `fps` is a fraction such as 30000/1001; null copies the pictures."""

    pictures: Literal["copy", "h264"] = Field("h264", description="Whether the pictures are copied or made anew.")
    sound: Literal["copy", "aac", "none"] = Field("copy", description="Whether the sound is copied or made anew.")
    width: int = Field(0, description="Pixels of a frame.")
    height: int = Field(0, description="Pixels of a frame.")
    inner_width: int = Field(0, description="Pixels of the picture in it.")
    inner_height: int = Field(0, description="Pixels of the picture in it.")
    fps: str | None = Field(None, description="Frames per second, as a fraction.")
    bit_rate: int | None = Field(None, description="Bits per second of the pictures, at most.")
    least_bytes: int | None = Field(None, description="The smallest file, in bytes; null: any.")
    deinterlace: bool = Field(False, description="Whether half pictures are made whole.")
    tone_map: bool = Field(False, description="Whether a high dynamic range is made a standard one.")

    def key(self, sha256: str) -> str:
        """The name of the rendition of a file by this recipe."""
        return hashlib.sha256(f"{EDITION} {sha256} {self.model_dump_json()}".encode()).hexdigest()


class PlannedRendition(WireModel):
    """What is sent instead of a file: `index` is its place among the media of the draft, from 0."""

    index: int = Field(description="Its place among the media of the post, from 0.")
    media_id: str = Field(description="The file that it is made from.")
    work: Work = Field(description="`remux`: the same pictures and sound in another file; `convert`: new ones.")
    changes: tuple[Change, ...] = Field(description="What is different in it.")
    recipe: Recipe = Field(description="How it is made.")
    key: str = Field(description="Names the rendition: equal for the same file and recipe.")
    seconds: float = Field(description="How long making it may take, as estimated.")


class RenditionStatus(StrEnum):
    """How far a rendition is."""

    PLANNED = "planned"
    WAITING = "waiting"
    CONVERTING = "converting"
    MADE = "made"
    FAILED = "failed"


class Rendition(WireModel):
    """A copy of a file that its network takes, made before the post is due."""

    index: int = Field(description="Its place among the media of the post, from 0.")
    media_id: str = Field(description="The file that it is made from.")
    work: Work = Field(description="`remux`: the same pictures and sound in another file; `convert`: new ones.")
    changes: tuple[Change, ...] = Field(description="What is different in it.")
    status: RenditionStatus = Field(description="`planned` until its preparation begins.")
    progress: int = Field(0, description="Percent.")
    since: datetime | None = Field(None, description="When its preparation began.")
    file: MediaAsset | None = Field(None, description="The file that was made; null until then.")


class StoredRendition(Rendition):
    """What a publication remembers of a rendition: `key` names it, `reported` whether the event of a long one was
    sent."""

    key: str
    reported: bool = False

    @classmethod
    def of(cls, planned: PlannedRendition) -> Self:
        """A rendition that is only planned."""
        known = {name: getattr(planned, name) for name in ("index", "media_id", "work", "changes", "key")}
        return cls(**known, status=RenditionStatus.PLANNED)

    @property
    def shown(self) -> Rendition:
        """As the API returns it."""
        return Rendition(**{name: getattr(self, name) for name in Rendition.model_fields})
