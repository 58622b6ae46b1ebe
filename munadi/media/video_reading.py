"""Reads a video's facts by FFmpeg's libraries: one demuxer, one file, one decoded picture.

Only the child process imports this: FFmpeg's libraries take 13 MB, and a hostile file may end the process that reads
it.
"""

from pathlib import Path

import av

from munadi.domain.media_facts import MediaCode, MediaFacts, MediaRefused
from munadi.domain.video import VideoDetails
from munadi.media.mp4_structure import Mp4Structure, read_structure
from munadi.media.probe_process import MAX_VIDEO_PIXELS, too_costly
from munadi.media.sniff import Kind

_OPEN_SECONDS = 10.0
_MAX_PACKETS = 500
# ITU-T H.273, table 3: PQ (SMPTE ST 2084) and HLG (ARIB STD-B67).
HDR_TRANSFERS = (16, 18)


def read_video(path: Path, kind: Kind, size: int, max_pixels: int = MAX_VIDEO_PIXELS) -> MediaFacts:
    """As `probe_apart`, in this process."""
    options = {"protocol_whitelist": "file", "max_pixels": str(max_pixels)}
    try:
        with av.open(f"file:{path.resolve()}", format=kind.reader, options=options, timeout=_OPEN_SECONDS) as container:
            structure = read_structure(path) if kind.reader == "mov" else Mp4Structure()
            return _facts(container, kind, size, max_pixels, structure)
    except MediaRefused:
        raise
    except MemoryError as error:
        raise too_costly(kind) from error
    except Exception as error:  # besides FFmpegError, PyAV raises nearly anything on damaged bytes
        raise MediaRefused(
            MediaCode.MEDIA_CORRUPT, f"the {kind.mime_type} is damaged or cut short: {str(error)[:200]}"
        ) from error


def _facts(
    container: av.container.InputContainer, kind: Kind, size: int, max_pixels: int, structure: Mp4Structure
) -> MediaFacts:
    pictures = [s for s in container.streams.video if not s.disposition & av.stream.Disposition.attached_pic]
    if not pictures:
        raise MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, "the file has no video stream")
    stream = pictures[0]
    if stream.codec_context is None:  # a codec FFmpeg has no name for
        raise MediaRefused(MediaCode.MEDIA_TYPE_UNSUPPORTED, "the video's codec is unknown")
    _check_pixels(stream.width, stream.height, max_pixels)
    seconds = _seconds(container, stream)
    if kind.reader == "mov" and not seconds:  # others may leave it open, as a browser's recording does
        raise MediaRefused(MediaCode.MEDIA_CORRUPT, "the video lasts no time")
    frame = _first_frame(container, stream)
    turned = int(frame.rotation) % 180 != 0
    rate = stream.average_rate or stream.guessed_rate
    audio = container.streams.audio
    bit_rate = container.bit_rate or (round(size * 8 / seconds) if seconds else None)
    return MediaFacts(
        kind="video",
        mime_type=kind.mime_type,
        bytes=size,
        width=stream.height if turned else stream.width,
        height=stream.width if turned else stream.height,
        duration_ms=round(seconds * 1000) if seconds is not None else None,
        video_codec=stream.codec_context.name,
        audio_codec=audio[0].codec_context.name if audio and audio[0].codec_context else None,
        fps=round(float(rate), 3) if rate else None,
        bit_rate=bit_rate,
        video=_details(stream, frame, audio[0] if audio else None, bit_rate, structure),
    )


def _details(
    stream: av.VideoStream,
    frame: av.VideoFrame,
    audio: av.AudioStream | None,
    bit_rate: int | None,
    structure: Mp4Structure,
) -> VideoDetails:
    ratio = float(stream.sample_aspect_ratio or 1) or 1.0
    sound = audio.codec_context if audio else None
    return VideoDetails(
        pixel_format=frame.format.name,
        bit_rate=bit_rate,
        rotation=int(frame.rotation) % 360,
        pixel_ratio=round(1 / ratio if int(frame.rotation) % 180 else ratio, 4),
        progressive=not frame.interlaced_frame,
        hdr=frame.color_trc in HDR_TRANSFERS,
        audio_channels=sound.channels if sound else None,
        audio_rate=sound.rate if sound else None,
        moov_first=structure.moov_first,
        edit_list=structure.edit_list,
        constant_fps=structure.constant_fps,
    )


def _check_pixels(width: int, height: int, limit: int) -> None:
    if width <= 0 or height <= 0:
        raise MediaRefused(MediaCode.MEDIA_CORRUPT, "the video stream has no picture size")
    if width * height > limit:
        raise MediaRefused(
            MediaCode.MEDIA_TOO_MANY_PIXELS,
            f"a video has at most {limit} pixels per frame",
            limit=limit,
            actual=width * height,
        )


def _seconds(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    if container.duration is not None and container.duration > 0:
        return container.duration / av.time_base
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return None


def _first_frame(container: av.container.InputContainer, stream: av.VideoStream) -> av.VideoFrame:
    """The first picture. Decoding it also proves that there is one."""
    stream.codec_context.thread_count = 1
    for number, packet in enumerate(container.demux(stream)):
        for frame in packet.decode():
            return frame
        if number >= _MAX_PACKETS:
            break
    raise MediaRefused(MediaCode.MEDIA_CORRUPT, "the video has no picture that can be decoded")
