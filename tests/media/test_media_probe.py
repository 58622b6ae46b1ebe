"""Facts come from the bytes of a file. A cut or disguised file and a bomb are refused at little cost."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from munadi.domain.media_facts import MediaCode, MediaRefused
from munadi.media.probe import MAX_COSTLY_IMAGE_PIXELS, MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, probe
from munadi.media.probe_process import probe_apart
from munadi.media.sniff import Kind, sniff
from munadi.media.video_reading import read_video
from tests.api.hostile import png
from tests.media.hostile_files import animation

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
def test_alpha_is_detected(tmp_path, extension):
    path = tmp_path / f"a.{extension}"
    Image.new("RGBA", (64, 48), (255, 0, 0, 100)).save(path)
    assert probe(path).has_alpha is True


@pytest.mark.parametrize("extension", ["gif", "webp", "png"])
def test_animation_is_detected(picture, extension):
    more = [Image.effect_noise((64, 48), sigma).convert("RGB") for sigma in (20, 90)]
    assert probe(picture(f"a.{extension}", save_all=True, append_images=more)).animated is True


def test_a_turned_picture_and_video_are_measured_as_they_are_shown(picture, video):
    exif = Image.Exif()
    exif[0x0112] = 6
    facts = probe(picture("a.jpg", exif=exif))
    assert (facts.width, facts.height) == (48, 64)
    path = video("a.mp4")
    upright = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    quarter_turn = struct.pack(">9i", 0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000)
    head, mark, rest = path.read_bytes().partition(b"tkhd")
    path.write_bytes(head + mark + rest.replace(upright, quarter_turn, 1))
    facts = probe(path)
    assert (facts.width, facts.height) == (240, 320)


def keep(path, share):
    """Cut a file at a share of its length."""
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("extension", IMAGES)
def test_a_cut_image_is_refused(picture, extension, share):
    assert refusal(keep(picture(f"a.{extension}"), share)).code == MediaCode.MEDIA_CORRUPT


@pytest.mark.parametrize("name", ["a.mp4", "fast.mp4", "a.mov", "a.mkv", "a.avi"])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.99])
def test_a_cut_video_is_refused(video, name, share):
    codec, audio = ("mpeg4", None) if name.endswith("avi") else ("h264", "aac")
    options = {"movflags": "faststart"} if name == "fast.mp4" else None
    assert refusal(keep(video(name, codec, audio=audio, options=options), share)).code == MediaCode.MEDIA_CORRUPT


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "a.jpg"
    path.touch()
    assert refusal(path).code == MediaCode.MEDIA_EMPTY


OTHER_TYPES = [
    b"x", b"<html><body>404</body></html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"{\\rtf1}",
    b"%!PS-Adobe-3.0 EPSF-3.0\n", b"PK\x03\x04zip", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1/a.ts\n",
    b"ffconcat version 1.0\nfile /etc/passwd\n", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
    b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A mp42", b"RIFF\x24\x00\x00\x00WAVEfmt ", b"ID3\x03\x00", b"\x7fELF",
]  # fmt: skip


@pytest.mark.parametrize("content", OTHER_TYPES)
def test_another_type_is_refused_under_any_name(tmp_path, content):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    found = refusal(path, declared_type="image/jpeg")
    assert found.code == MediaCode.MEDIA_TYPE_UNSUPPORTED
    assert "image/jpeg" in found.message


def test_the_type_is_read_from_the_bytes_and_not_from_the_name(picture):
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


@pytest.mark.parametrize(
    ("make", "side", "limit"),
    [
        *((png, side, MAX_IMAGE_PIXELS) for side in (8001, 2_000_000_000)),
        *((animation, side, MAX_COSTLY_IMAGE_PIXELS) for side in (5001, 16383)),
    ],
)
def test_a_picture_with_too_many_pixels_is_refused(tmp_path, make, side, limit):
    """What it costs is bounded by `test_hostile_corpus`."""
    path = tmp_path / "bomb"
    path.write_bytes(make(side, side))
    found = refusal(path)
    assert (found.code, found.limit) == (MediaCode.MEDIA_TOO_MANY_PIXELS, limit)


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
        probe_apart(path, kind, path.stat().st_size, max_pixels=320 * 240 - 1)
    assert caught.value.code == MediaCode.MEDIA_TOO_MANY_PIXELS


def test_a_path_that_looks_like_a_protocol_is_a_file(video, tmp_path, monkeypatch):
    folder = tmp_path / "concat:a|b %20"
    folder.mkdir()
    path = video("a.mp4").rename(folder / "http:x#y.mp4")
    monkeypatch.chdir(folder)
    assert probe(path).kind == "video"


def damaged(path, place, junk):
    """Overwrite some bytes of a file."""
    content = bytearray(path.read_bytes())
    start = int(place * (len(content) - 1))
    content[start : start + len(junk)] = junk
    path.write_bytes(content)
    return path


def outcome(call):
    """The code of a refusal; None for facts."""
    try:
        assert call().width > 0
    except MediaRefused as refused:
        return refused.code
    return None


ANYWHERE = {"place": st.floats(0, 1), "junk": st.binary(min_size=1, max_size=40)}
many = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(extension=st.sampled_from(sorted(IMAGES)), **ANYWHERE)
def test_no_damage_raises_anything_but_a_refusal(picture, extension, place, junk):
    path = damaged(picture(f"a.{extension}"), place, junk)
    assert outcome(lambda: probe(path)) in {None, *MediaCode}


@many
@given(**ANYWHERE)
def test_no_damaged_video_raises_anything_but_a_refusal(tmp_path, sample, place, junk):
    path = tmp_path / "damaged.mp4"
    path.write_bytes(sample)
    content = damaged(path, place, junk).read_bytes()
    kind = sniff(content[:512]) or MP4
    assert outcome(lambda: read_video(path, kind, len(content))) in {None, *MediaCode}  # what the process runs


@pytest.fixture
def sample(video):
    return video("sample.mp4").read_bytes()
