"""A rendition looks like its source, fits the limits, and is made once. It is refused where it would look different."""

import io
import os

import pytest
from PIL import Image, ImageChops, ImageCms, ImageStat

from munadi.domain.channel import MediaKind
from munadi.domain.failure import ChannelError, Effect, Reason
from munadi.domain.media import MediaAsset
from munadi.domain.media_facts import MediaCode, MediaRefused
from munadi.media.folder import FolderStore
from munadi.media.probe import probe
from munadi.media.reader import StoredMedia
from munadi.media.rendition import JPEG, SHORTEST_LONG_SIDE, Recipe, render
from munadi.sandbox.media import image_facts

TO_JPEG = Recipe(JPEG)


def opened(content):
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def difference(one, other):
    """The mean difference of two pictures, 0 to 255."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


@pytest.fixture
def scene(tmp_path):
    """`scene("a.png", size=…, mode=…, **save options)`: smooth colours with an edge, as pictures have them."""

    def make(name, size=(640, 480), mode="RGB", **options):
        image = Image.merge("RGB", [Image.linear_gradient("L").rotate(turn).resize(size) for turn in (0, 90, 180)])
        image.paste("white", (40, 40, 200, 120))
        path = tmp_path / name
        image.convert(mode).save(path, **options)
        return path

    return make


def noise(path, size, kind="PNG"):
    Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)).save(path, kind)
    return path


GREY = Image.linear_gradient("L")
DEEP_GREY = GREY.convert("I").point(lambda value: value * 257).convert("I;16")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# This profile calls red what sRGB calls green: without it, the picture would be red.
SWAPPED = SRGB.replace(b"rXYZ", b"....").replace(b"gXYZ", b"rXYZ").replace(b"....", b"gXYZ")


def plain(colour, mode="RGB"):
    return Image.new(mode, (64, 48), colour)


@pytest.mark.parametrize(
    ("source", "saving", "wanted"),
    [
        *((GREY.convert(mode), {}, GREY) for mode in ("L", "LA", "P", "RGB", "RGBA")),
        (GREY.convert("1"), {}, GREY.convert("1")),
        (DEEP_GREY, {}, GREY),
        (plain((10, 200, 30, 255), "RGBA"), {}, plain((10, 200, 30))),  # opaque, as screenshots are
        (plain((255, 0, 0)), {"icc_profile": SWAPPED}, plain((0, 255, 0))),
        *((GREY.convert("RGB"), {"icc_profile": profile}, GREY) for profile in (SRGB, b"junk", SRGB[:200])),
    ],
)
def test_every_mode_and_profile_of_png_looks_the_same(tmp_path, source, saving, wanted):
    path = tmp_path / "a.png"
    source.save(path, **saving)
    assert probe(path).has_alpha is False
    assert difference(opened(render(path, TO_JPEG)), wanted) < 1.5


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.jpg"])
def test_another_format_looks_the_same(scene, name):
    path = scene(name)
    made = opened(render(path, TO_JPEG))
    assert (made.format, made.mode, made.size) == ("JPEG", "RGB", (640, 480))
    assert difference(made, Image.open(path)) < 1.5


def test_a_rendition_is_upright_and_without_metadata(scene):
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "where the author lives"
    path = scene("a.jpg", exif=exif, comment=b"private")
    content = render(path, TO_JPEG)
    made = opened(content)
    assert made.size == (480, 640)
    assert difference(made, Image.open(path).transpose(Image.Transpose.ROTATE_270)) < 1.5
    assert dict(made.getexif()) == {}
    assert not {"comment", "exif", "icc_profile"} & set(made.info)
    assert b"private" not in content


def test_the_rendition_of_several_pictures_is_the_shown_one(mpo):
    """Instagram accepts no MPO (content publishing guide, image requirements)."""
    assert image_facts(mpo.read_bytes()).format == "MPO"
    content = render(mpo, TO_JPEG)
    assert image_facts(content).format == "JPEG"
    with Image.open(mpo) as shown:
        assert difference(opened(content), shown.transpose(Image.Transpose.ROTATE_270)) < 1.5


def test_quality_is_reduced_before_size(tmp_path):
    path = noise(tmp_path / "a.png", (1200, 1200))
    full = len(render(path, TO_JPEG))
    assert opened(render(path, Recipe(JPEG, max_bytes=full))).size == (1200, 1200)
    assert opened(render(path, Recipe(JPEG, max_bytes=full - 1))).size == (1200, 1200)
    content = render(path, Recipe(JPEG, max_bytes=1_100_000))
    assert len(content) <= 1_100_000
    assert opened(content).size == (SHORTEST_LONG_SIDE, SHORTEST_LONG_SIDE)
    worst = render(noise(tmp_path / "b.png", (2600, 1800)), Recipe(JPEG, max_bytes=2_000_000))
    assert len(worst) <= 2_000_000
    assert max(opened(worst).size) >= SHORTEST_LONG_SIDE


def test_a_side_is_kept_in_proportion(scene):
    assert opened(render(scene("a.png"), Recipe(JPEG, max_side=320))).size == (320, 240)
    assert opened(render(scene("a.png"), Recipe(JPEG, max_side=9000))).size == (640, 480)


def test_a_rendition_with_visible_loss_is_refused(tmp_path):
    path = noise(tmp_path / "a.png", (600, 600))
    with pytest.raises(MediaRefused) as caught:
        render(path, Recipe(JPEG, max_bytes=50_000))
    assert (caught.value.code, caught.value.limit) == (MediaCode.MEDIA_TOO_LARGE, 50_000)
    assert caught.value.actual > 50_000


def test_transparency_motion_and_other_types_are_refused(tmp_path, picture, video):
    clear, keyed = tmp_path / "clear.png", tmp_path / "keyed.png"
    plain((255, 0, 0, 254), "RGBA").save(clear)
    plain(0, "P").save(keyed, transparency=0)
    more = [Image.effect_noise((64, 48), 20).convert("RGB")]
    moving = picture("a.webp", save_all=True, append_images=more)
    for path in (clear, keyed, moving, picture("a.gif"), picture("a.bmp"), video("a.mp4")):
        with pytest.raises(MediaRefused) as caught:
            render(path, TO_JPEG)
        assert caught.value.code == MediaCode.MEDIA_TYPE_UNSUPPORTED, path
    with pytest.raises(MediaRefused):
        render(picture("b.png"), Recipe("image/webp"))


class Clock:
    def now(self):
        raise AssertionError("no rendition needs the time")

    monotonic = now


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "media")


@pytest.fixture
def media(store):
    return StoredMedia(store, "https://m.example", [b"k" * 32], Clock())


def stored(store, path):
    facts = probe(path)
    return MediaAsset(
        id="med_1",
        sha256=store.put(path),
        kind=MediaKind(facts.kind),
        alt="A bay",
        **facts.model_dump(include={"mime_type", "bytes", "width", "height", "has_alpha", "animated"}),
    )


async def test_a_rendition_is_an_asset_of_its_own_made_once(store, media, scene, monkeypatch):
    asset = stored(store, scene("a.png"))
    made = await media.rendition(asset, mime_type=JPEG, max_bytes=500_000)
    content = await media.read(made)
    assert (made.id, made.alt, made.mime_type, made.bytes) == ("med_1", "A bay", JPEG, len(content))
    assert (made.has_alpha, made.animated) == (False, False)
    assert made.sha256 != asset.sha256
    assert store.exists(asset.sha256)

    monkeypatch.setattr("munadi.media.rendition_store.render", None)  # a second rendition would fail
    assert await media.rendition(asset, mime_type=JPEG, max_bytes=500_000) == made
    assert list(store.incoming.iterdir()) == []


async def test_a_file_that_fits_is_sent_unchanged(store, media, scene):
    asset = stored(store, scene("a.jpg"))
    assert await media.rendition(asset, mime_type=JPEG, max_bytes=asset.bytes, max_side=640) == asset
    assert (await media.rendition(asset, mime_type=JPEG, max_side=639)).width == 639


async def test_a_jpeg_of_several_pictures_is_never_sent_unchanged(store, media, mpo):
    asset = stored(store, mpo).model_copy(update={"multi_picture": True})
    made = await media.rendition(asset, mime_type=JPEG, max_bytes=500_000)
    assert made.multi_picture is False
    assert image_facts(await media.read(made)).format == "JPEG"


async def test_a_swept_rendition_or_a_broken_note_is_rendered_again(store, media, scene):
    asset = stored(store, scene("a.png"))
    made = await media.rendition(asset, mime_type=JPEG)
    store.delete(made.sha256)
    assert await media.rendition(asset, mime_type=JPEG) == made
    assert store.exists(made.sha256)
    for note in (store.root / "renditions").glob("*/*.json"):
        note.write_text("{")
    assert await media.rendition(asset, mime_type=JPEG) == made


async def test_a_refusal_names_the_media_and_its_fault(store, media, tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGBA", (64, 48), (255, 0, 0, 100)).save(path)
    with pytest.raises(ChannelError, match=r"med_1.*transparency") as caught:
        await media.rendition(stored(store, path), mime_type=JPEG)
    assert (caught.value.reason, caught.value.effect) == (Reason.MEDIA_VALIDATION_FAILED, Effect.REJECTED)
