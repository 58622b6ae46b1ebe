"""What a video is made of, and what networks ask of it. Shapes only.

Source of the numbers in each channel's tables: docs/networks, section 4 of each network.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from munadi.domain.model import WireModel


class EditList(StrEnum):
    """The edit list of an MP4: `plain` only moves its start, as most encoders do; `cut` leaves out parts of it."""

    NONE = "none"
    PLAIN = "plain"
    CUT = "cut"


class VideoDetails(WireModel):
    """How a video is encoded, as its file says; null is not known. `rotation` in degrees, for players to turn it."""

    pixel_format: str | None = Field(None, description="FFmpeg's name of how pixels are stored, such as yuv420p.")
    bit_rate: int | None = Field(None, description="Bits per second, of the whole file.")
    rotation: int = Field(0, description="Degrees by which players turn it.")
    pixel_ratio: float = Field(1.0, description="The width of a pixel divided by its height, as it is shown.")
    progressive: bool = Field(True, description="Whether each frame is a whole picture, not half of the lines.")
    hdr: bool = Field(False, description="Whether it has a high dynamic range (PQ or HLG).")
    constant_fps: bool | None = Field(None, description="Whether every frame lasts equally long.")
    audio_channels: int | None = Field(None, description="The channels of the sound.")
    audio_rate: int | None = Field(None, description="Samples of the sound per second.")
    moov_first: bool | None = Field(None, description="Whether the index stands before the data, in an MP4 or MOV.")
    edit_list: EditList | None = Field(None, description="The edit list of an MP4 or MOV.")


class VideoEncoding(WireModel):
    """How a network takes videos to be encoded: a video that breaks one of these is refused. Null and empty: any."""

    video_codecs: tuple[str, ...] = Field((), description="The accepted codecs of the pictures.")
    audio_codecs: tuple[str, ...] = Field((), description="The accepted codecs of the sound.")
    min_fps: int | None = Field(None, description="Frames per second, at least.")
    max_fps: int | None = Field(None, description="Frames per second, at most.")
    max_bit_rate: int | None = Field(None, description="Bits per second, at most.")
    min_bytes: int | None = Field(None, description="The smallest file, in bytes.")
    min_height: int | None = Field(None, description="Pixels, at least.")
    max_height: int | None = Field(None, description="Pixels, at most.")
    max_sides: tuple[int, ...] | None = Field(
        None, description="Pixels of the shorter and of the longer side, at most."
    )
    max_pixels: int | None = Field(None, description="Pixels of a frame, at most.")


class VideoStructure(WireModel):
    """What a network's documents ask of a video beyond what Munadi refuses: files that differ have been accepted, or
    are damaged by some of its servers only. `fit: convert` meets all of it."""

    video_codecs: tuple[str, ...] = Field((), description="The codecs of the pictures; empty: any.")
    pixel_formats: tuple[str, ...] = Field((), description="How pixels may be stored; empty: any way.")
    sdr: bool = Field(False, description="Whether it must have the standard dynamic range.")
    constant_fps: bool = Field(False, description="Whether every frame must last equally long.")
    progressive: bool = Field(False, description="Whether frames must be whole pictures.")
    square_pixels: bool = Field(False, description="Whether pixels must be as wide as they are high.")
    even_sides: bool = Field(False, description="Whether width and height must be even.")
    max_bit_rate: int | None = Field(None, description="Bits per second, at most.")
    max_audio_channels: int | None = Field(None, description="The most channels of the sound.")
    max_audio_rate: int | None = Field(None, description="The most samples of the sound per second.")
    moov_first: bool = Field(False, description="Whether the index must stand before the data.")
    edit_lists: bool = Field(True, description="Whether an MP4 may have edit lists.")


# Pixels that every player shows: 4:2:0, 8 bits. `yuvj420p` is the same with all values used.
PLAIN_PIXELS = ("yuv420p", "yuvj420p")
