"""Facts come from the bytes of a file. A cut or disguised file and a bomb are refused at little cost."""

import resource
import struct
import time
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from munadi.media.facts import MediaCode, MediaRefused
from munadi.media.probe import MAX_COSTLY_IMAGE_PIXELS, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, probe
from munadi.media.sniff import Kind, sniff
from munadi.media.video import probe_video, read_video

IMAGES = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "avif": "image/avif",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
}
VIDEOS = [
    ("a.mp4", "h264", "aac", "video/mp4"),
    ("a.mov", "h264", "aac", "video/quicktime"),
    ("a.mkv", "h264", "aac", "video/x-matroska"),
    ("a.webm", "vp9", None, "video/webm"),
    ("a.ts", "h264", "aac", "video/mp2t"),
    ("a.avi", "mpeg4", None, "video/x-msvideo"),
    ("a.mpg", "mpeg2video", None, "video/mpeg"),
]
MP4 = Kind("video", "video/mp4", "mov")
ENCODERS = {"vp9": "libvpx-vp9"}


def refusal(path, **options):
    with pytest.raises(MediaRefused) as caught:
        probe(path, **options)
    return caught.value


@pytest.mark.parametrize(("extension", "mime_type"), IMAGES.items())
def test_an_images_facts(picture, extension, mime_type):
    path = picture(f"a.{extension}")
    facts = probe(path)
    assert (facts.kind, facts.mime_type, facts.width, facts.height) == ("image", mime_type, 64, 48)
    assert (facts.bytes, facts.animated, facts.has_alpha) == (path.stat().st_size, False, False)
    assert (facts.duration_ms, facts.video_codec, facts.fps) == (None, None, None)


def test_a_jpeg_of_several_pictures_is_a_jpeg_that_says_so(mpo, picture):
    with Image.open(mpo) as image:
        assert (image.format, image.n_frames) == ("MPO", 2)
    facts = probe(mpo)
    assert (facts.mime_type, facts.width, facts.height) == ("image/jpeg", 480, 640)
    assert (facts.multi_picture, facts.animated, facts.has_alpha) == (True, False, False)
    assert probe(picture("a.jpg")).multi_picture is False


@pytest.mark.parametrize(("name", "codec", "audio", "mime_type"), VIDEOS)
def test_a_videos_facts(video, name, codec, audio, mime_type):
    facts = probe(video(name, ENCODERS.get(codec, codec), audio=audio))
    assert (facts.kind, facts.mime_type, facts.width, facts.height) == ("video", mime_type, 320, 240)
    assert (facts.video_codec, facts.audio_codec, facts.fps) == (codec, audio, 30.0)
    assert facts.duration_ms == pytest.approx(1000, abs=70)
    assert facts.bit_rate > 0


def test_a_fragmented_mp4_is_read(video):
    assert probe(video("a.mp4", options={"movflags": "frag_keyframe+empty_moov"})).video_codec == "h264"


@pytest.mark.parametrize("extension", ["png", "webp", "avif", "tiff"])
def test_alpha_is_seen(tmp_path, extension):
    path = tmp_path / f"a.{extension}"
    Image.new("RGBA", (64, 48), (255, 0, 0, 100)).save(path)
    assert probe(path).has_alpha is True


@pytest.mark.parametrize("extension", ["gif", "webp", "png"])
def test_animation_is_seen(picture, extension):
    more = [Image.effect_noise((64, 48), sigma).convert("RGB") for sigma in (20, 90)]
    assert probe(picture(f"a.{extension}", save_all=True, append_images=more)).animated is True


def test_an_image_is_measured_as_it_is_shown(picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    facts = probe(picture("a.jpg", exif=exif))
    assert (facts.width, facts.height) == (48, 64)


def test_a_video_is_measured_as_it_is_shown(video):
    path = video("a.mp4")
    upright = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    quarter_turn = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    head, mark, rest = path.read_bytes().partition(b"tkhd")
    path.write_bytes(head + mark + rest.replace(upright, quarter_turn, 1))
    facts = probe(path)
    assert (facts.width, facts.height) == (240, 320)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("extension", IMAGES)
def test_a_cut_image_is_refused(picture, extension, share):
    path = picture(f"a.{extension}")
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert refusal(path).code == MediaCode.MEDIA_CORRUPT


@pytest.mark.parametrize("name", ["a.mp4", "fast.mp4", "a.mov", "a.mkv", "a.avi"])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_a_cut_video_is_refused(video, name, share):
    avi = name.endswith("avi")
    options = {"movflags": "faststart"} if name == "fast.mp4" else None
    path = video(name, "mpeg4" if avi else "h264", audio=None if avi else "aac", options=options)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert refusal(path).code == MediaCode.MEDIA_CORRUPT


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "a.jpg"
    path.touch()
    assert refusal(path).code == MediaCode.MEDIA_EMPTY


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"<html><body>404</body></html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"PK\x03\x04zip",
        b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/a.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
        b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"ID3\x03\x00",
        b"\x7fELF",
    ],
)
def test_another_type_is_refused_whatever_it_is_called(tmp_path, content):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    found = refusal(path, declared_type="image/jpeg")
    assert found.code == MediaCode.MEDIA_TYPE_UNSUPPORTED
    assert "image/jpeg" in found.message


def test_a_name_is_not_believed(picture):
    path = picture("a.png")
    assert probe(path.rename(path.with_suffix(".mp4")), declared_type="video/mp4").mime_type == "image/png"


def test_sound_alone_is_no_video(sound):
    assert refusal(sound).code == MediaCode.MEDIA_TYPE_UNSUPPORTED


@pytest.mark.parametrize(
    "start", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\x00", b"BM", b"\x1aE\xdf\xa3"]
)
def test_a_good_start_alone_is_corrupt(tmp_path, start):
    path = tmp_path / "a"
    path.write_bytes(start + bytes(range(256)) * 4)
    assert refusal(path).code in (MediaCode.MEDIA_CORRUPT, MediaCode.MEDIA_TOO_MANY_PIXELS)


def png_of(width, height):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def webp_of(width, height, frame):
    def size(number):
        return struct.pack("<I", number - 1)[:3]

    picture = b"\0" * 6 + size(64) + size(48) + b"\x64\0\0\0" + frame
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\2\0\0\0" + size(width) + size(height)
    body += b"ANIM" + struct.pack("<I", 6) + b"\0" * 6 + b"ANMF" + struct.pack("<I", len(picture)) + picture
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize("side", [8001, 9000, 12000, 15000, 65000, 2_000_000_000])
def test_a_picture_bomb_is_refused_without_being_unpacked(tmp_path, side):
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of(side, side))
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    found = refusal(path)
    assert (found.code, found.limit) == (MediaCode.MEDIA_TOO_MANY_PIXELS, MAX_IMAGE_PIXELS)
    assert time.monotonic() - started < 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


@pytest.mark.parametrize("side", [5001, 8000, 16383])
def test_an_animated_bomb_is_refused_without_being_unpacked(tmp_path, picture, side):
    frame = picture("a.webp").read_bytes()[12:]
    path = tmp_path / "bomb.webp"
    path.write_bytes(webp_of(side, side, frame))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = refusal(path)
    assert (found.code, found.limit) == (MediaCode.MEDIA_TOO_MANY_PIXELS, MAX_COSTLY_IMAGE_PIXELS)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_a_huge_image_file_is_refused_unread(picture):
    path = picture("a.webp")
    with path.open("r+b") as file:
        file.truncate(MAX_IMAGE_BYTES + 1)  # sparse
    found = refusal(path)
    assert (found.code, found.limit, found.actual) == ("MEDIA_TOO_LARGE", MAX_IMAGE_BYTES, MAX_IMAGE_BYTES + 1)


def test_a_video_with_too_many_pixels_is_refused(video):
    path = video("a.mp4")
    kind = sniff(path.read_bytes())
    with pytest.raises(MediaRefused) as caught:
        probe_video(path, kind, path.stat().st_size, max_pixels=320 * 240 - 1)
    assert caught.value.code == MediaCode.MEDIA_TOO_MANY_PIXELS


def test_a_gif_of_endless_blocks_is_given_up(tmp_path):
    path = tmp_path / "a.gif"
    path.write_bytes(b"GIF89a" + b"\1\0\1\0\0\0\0" + b"\x21\xfe" + b"\1a" * 1_500_000 + b"\0\x3b")
    started = time.monotonic()
    assert refusal(path).code == MediaCode.MEDIA_CORRUPT
    assert time.monotonic() - started < 5


def test_a_path_that_looks_like_a_protocol_is_a_file(video, tmp_path, monkeypatch):
    folder = tmp_path / "concat:a|b %20"
    folder.mkdir()
    path = video("a.mp4").rename(folder / "http:x#y.mp4")
    monkeypatch.chdir(folder)
    assert probe(path).kind == "video"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(extension=st.sampled_from(sorted(IMAGES)), place=st.floats(0, 1), junk=st.binary(min_size=1, max_size=40))
def test_no_damage_raises_anything_but_a_refusal(picture, extension, place, junk):
    path = picture(f"a.{extension}")
    content = bytearray(path.read_bytes())
    start = int(place * (len(content) - 1))
    content[start : start + len(junk)] = junk
    path.write_bytes(content)
    try:
        assert probe(path).kind == "image"
    except MediaRefused as refused:
        codes = {refused.code}
    else:
        codes = set()
    assert codes <= set(MediaCode)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1), junk=st.binary(min_size=1, max_size=40))
def test_no_damaged_video_raises_anything_but_a_refusal(tmp_path, sample, place, junk):
    content = bytearray(sample)
    start = int(place * (len(content) - 1))
    content[start : start + len(junk)] = junk
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    try:
        facts = read_video(path, sniff(bytes(content[:512])) or MP4, len(content))  # what the process runs
    except MediaRefused as refused:
        assert str(refused)  # noqa: PT017
    else:
        assert facts.width > 0


@pytest.fixture
def sample(video):
    return video("sample.mp4").read_bytes()
