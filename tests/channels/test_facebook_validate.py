"""Each limit of docs/networks/facebook.md, just inside and just outside."""

from __future__ import annotations

from typing import Any

import pytest

from munadi.channels.facebook.spec import Kind, Options
from munadi.channels.facebook.wire import kind_of
from munadi.domain.content import Draft
from munadi.domain.media import MediaAsset
from tests.channels.making import account, bench, draft, image, video

validate = bench("facebook").channel.validate
REEL = {"width": 1080, "height": 1920, "bytes": 5_000}
FEED = {"width": 1920, "height": 1080, "bytes": 5_000}


def reel(**changes: Any) -> Draft:
    return draft("x", media=(video(**{**REEL, **changes}),), options={"kind": "reel"})


def film(**changes: Any) -> Draft:
    return draft("x", media=(video(**{**FEED, **changes}),), options={"kind": "video"})


def story(asset: MediaAsset, text: str = "", **fields: Any) -> Draft:
    return draft(text, media=(asset,), options={"kind": "story"}, **fields)


def covered(cover: MediaAsset, index: int = 1, **options: Any) -> Draft:
    return draft("x", media=(video(**REEL), cover), options={"coverIndex": index, **options})


def photo(**changes: Any) -> Draft:
    return draft("x", media=(image(**changes),))


def link(url: str) -> Draft:
    return draft("x", link=url)


INSIDE: dict[str, Draft] = {
    "text": draft("x"),
    "text longest": draft("x" * 63_206),
    "text of pairs": draft("👍" * 31_603),
    "link": link("https://acme.example/sale"),
    "link alone": draft("", link="https://acme.example/"),
    "link to a name that ends alike": link("https://notfacebook.com/"),
    "facebook link in a text": draft("x https://facebook.com/acme", media=(image(),)),
    "photo without text": draft("", media=(image(),)),
    "ten photos": draft("x", media=tuple(image(i) for i in range(10))),
    **{f"photo {kind}": photo(mime_type=f"image/{kind}") for kind in ("jpeg", "png", "gif", "bmp", "tiff")},
    "photo largest": photo(bytes=4_000_000),
    "photo webp": photo(mime_type="image/webp", has_alpha=False, animated=False),
    "photo large and opaque": photo(bytes=20_000_000, has_alpha=False, animated=False),
    "photo transparent": photo(mime_type="image/png", has_alpha=True),
    "photo very wide": photo(width=4000, height=100),
    "photo with a long alt text": photo(alt="x" * 5_000),
    "reel": reel(),
    "reel quicktime": reel(mime_type="video/quicktime"),
    "reel shortest": reel(duration_ms=3_000),
    "reel longest": reel(duration_ms=90_000),
    "reel smallest": reel(width=540, height=960),
    "reel slowest": reel(fps=23.976),
    "reel fastest": reel(fps=60.0),
    "reel largest": reel(bytes=1_000_000_000),
    "reel lightest": reel(bytes=1_024),
    **{f"reel {codec}": reel(video_codec=codec) for codec in ("h264", "hevc", "vp9", "av1")},
    "reel of unknown facts": reel(fps=None, video_codec=None, audio_codec=None),
    "video": film(),
    "video upright": film(width=1080, height=1920),
    "video square": film(width=720, height=720),
    "video longest": film(duration_ms=45 * 60_000),
    "video largest": film(bytes=1_750_000_000),
    "video any codec": film(video_codec="mpeg4", fps=12.0),
    "reel options": reel().model_copy(
        update={"options": {"kind": "reel", "title": "t", "place": "1", "isAiGenerated": True}}
    ),
    "video title": film().model_copy(update={"options": {"title": "t"}}),
    "title longest": film().model_copy(update={"options": {"title": "t" * 255}}),
    "story photo": story(image()),
    "story photo webp": story(image(mime_type="image/webp", has_alpha=False, animated=False)),
    "story video": story(video(**REEL)),
    "story shortest": story(video(**{**REEL, "duration_ms": 3_000})),
    "story longest": story(video(**{**REEL, "duration_ms": 60_000})),
    "cover": covered(image(1)),
    "cover first": draft("x", media=(image(1), video(**REEL)), options={"coverIndex": 0}),
    "cover of a video": draft("x", media=(video(**FEED), image(1)), options={"coverIndex": 1, "kind": "video"}),
    "cover largest": covered(image(1, bytes=4_000_000)),
    "post place": draft("x", options={"place": "123456789"}),
    "comment": draft("x", first_comment="First"),
    "comment longest": draft("x", first_comment="x" * 63_206),
}
OUTSIDE: dict[str, tuple[Draft, str, str]] = {
    "nothing": (draft(""), "/text", "content"),
    "blank": (draft(" \n"), "/text", "content"),
    "text too long": (draft("x" * 63_207), "/text", "message_utf16"),
    "text of pairs too long": (draft("👍" * 31_604), "/text", "message_utf16"),
    **{f"link to {host}": (link(f"https://{host}/a"), "/link", "link_host") for host in ("facebook.com",
     "www.facebook.com", "m.FACEBOOK.com", "fb.com", "fb.watch", "fb.me")},
    "link to fbcdn": (link("https://scontent.xx.fbcdn.net/a.jpg"), "/link", "link_host"),
    "eleven photos": (draft("x", media=tuple(image(i) for i in range(11))), "/media", "media_max"),
    "photo avif": (photo(mime_type="image/avif", has_alpha=False, animated=False), "/media/0", "media_type"),
    "photo webp transparent": (photo(mime_type="image/webp", has_alpha=True, animated=False), "/media/0",
     "media_transparency"),
    "photo webp animated": (photo(mime_type="image/webp", has_alpha=False, animated=True), "/media/0",
     "media_animation"),
    "photo large and transparent": (photo(bytes=4_000_001, mime_type="image/png", has_alpha=True, animated=False),
     "/media/0", "media_transparency"),
    "photo too large": (photo(bytes=20_000_001, has_alpha=False, animated=False), "/media/0", "media_bytes"),
    "mixed": (draft("x", media=(image(0), video(1, **FEED))), "/media", "media_mixed"),
    "two videos": (draft("x", media=(video(0, **REEL), video(1, **REEL))), "/options/kind", "kind_media_count"),
    "reel webm": (reel(mime_type="video/webm"), "/media/0", "media_type"),
    "reel too short": (reel(duration_ms=2_999), "/media/0", "media_min_duration"),
    "reel too long": (reel(duration_ms=90_001), "/media/0", "media_max_duration"),
    "reel too narrow": (reel(width=530, height=960), "/media/0", "media_min_width"),
    "reel too low": (reel(width=540, height=959), "/media/0", "media_min_height"),
    "reel square": (reel(width=1080, height=1080), "/media/0", "media_max_ratio"),
    "reel too slim": (reel(width=1080, height=2160), "/media/0", "media_min_ratio"),
    "reel too slow": (reel(fps=23.9), "/media/0", "fps"),
    "reel too fast": (reel(fps=60.1), "/media/0", "fps"),
    "reel mpeg4": (reel(video_codec="mpeg4"), "/media/0", "video_codec"),
    "reel mp3": (reel(audio_codec="mp3"), "/media/0", "audio_codec"),
    "reel too large": (reel(bytes=1_000_000_001), "/media/0", "media_bytes"),
    "reel too light": (reel(bytes=1_023), "/media/0", "video_min_bytes"),
    "reel of a photo": (draft("x", media=(image(),), options={"kind": "reel"}), "/options/kind", "kind_media"),
    "reel of nothing": (draft("x", options={"kind": "reel"}), "/options/kind", "kind_media_count"),
    "video webm": (film(mime_type="video/webm"), "/media/0", "media_type"),
    "video too slim": (film(width=1000, height=1920), "/media/0", "media_min_ratio"),
    "video too wide": (film(width=1960, height=1080), "/media/0", "media_max_ratio"),
    "video too long": (film(duration_ms=45 * 60_000 + 1), "/media/0", "media_max_duration"),
    "video too large": (film(bytes=1_750_000_001), "/media/0", "media_bytes"),
    "video too light": (film(bytes=1_000), "/media/0", "video_min_bytes"),
    "video of a photo": (draft("x", media=(image(),), options={"kind": "video"}), "/options/kind", "kind_media"),
    "post of a video": (draft("x", media=(video(**FEED),), options={"kind": "post"}), "/options/kind", "kind_media"),
    "kind": (draft("x", options={"kind": "carousel"}), "/options/kind", "enum"),
    "story of nothing": (draft("", options={"kind": "story"}), "/options/kind", "kind_media_count"),
    "story of two": (draft("", media=(image(0), image(1)), options={"kind": "story"}), "/options/kind",
     "kind_media_count"),
    "story of text": (story(image(), "x"), "/text", "story_text"),
    "story commented": (story(image(), first_comment="x"), "/firstComment", "story_comment"),
    "story photo avif": (story(image(mime_type="image/avif")), "/media/0", "media_type"),
    "story too short": (story(video(**{**REEL, "duration_ms": 2_999})), "/media/0", "media_min_duration"),
    "story too long": (story(video(**{**REEL, "duration_ms": 60_001})), "/media/0", "media_max_duration"),
    "story wide": (story(video(**FEED)), "/media/0", "media_max_ratio"),
    "story too light": (story(video(**{**REEL, "bytes": 1_023})), "/media/0", "video_min_bytes"),
    "story title": (story(image()).model_copy(update={"options": {"kind": "story", "title": "t"}}), "/options/title",
     "option_kind"),
    "cover of a post": (draft("x", media=(image(0), image(1)), options={"coverIndex": 1}), "/options/coverIndex",
     "option_kind"),
    "cover of a story": (covered(image(1), kind="story"), "/options/coverIndex", "option_kind"),
    "cover negative": (covered(image(1), -1), "/options/coverIndex", "greater_than_equal"),
    "cover beyond": (covered(image(1), 2), "/options/coverIndex", "cover_index"),
    "cover the video": (covered(image(1), 0), "/options/coverIndex", "cover_kind"),
    "cover avif": (covered(image(1, mime_type="image/avif")), "/media/1", "media_type"),
    "cover too large": (covered(image(1, bytes=20_000_001)), "/media/1", "media_bytes"),
    "image without being the cover": (draft("x", media=(video(**REEL), image(1))), "/media", "media_mixed"),
    "option of nobody": (draft("x", options={"colour": 1}), "/options/colour", "extra_forbidden"),
    "title of a post": (draft("x", options={"title": "t"}), "/options/title", "option_kind"),
    "title empty": (film().model_copy(update={"options": {"title": ""}}), "/options/title", "string_too_short"),
    "title too long": (film().model_copy(update={"options": {"title": "t" * 256}}), "/options/title",
     "string_too_long"),
    "place of a video": (film().model_copy(update={"options": {"kind": "video", "place": "1"}}), "/options/place",
     "option_kind"),
    "place no id": (draft("x", options={"place": "here"}), "/options/place", "string_pattern_mismatch"),
    "ai of a post": (draft("x", options={"isAiGenerated": True}), "/options/isAiGenerated", "option_kind"),
    "ai of a video": (film().model_copy(update={"options": {"kind": "video", "isAiGenerated": False}}),
     "/options/isAiGenerated", "option_kind"),
    "parts": (draft("x", parts=("y",)), "/parts", "max_parts"),
    "comment too long": (draft("x", first_comment="x" * 63_207), "/firstComment", "message_utf16"),
}  # fmt: skip


@pytest.mark.parametrize("given", INSIDE.values(), ids=INSIDE)
def test_just_inside(given: Draft) -> None:
    assert validate(given, None) == []


@pytest.mark.parametrize(("given", "pointer", "rule"), OUTSIDE.values(), ids=OUTSIDE)
def test_just_outside(given: Draft, pointer: str, rule: str) -> None:
    found = [problem for problem in validate(given, None) if (problem.pointer, problem.rule) == (pointer, rule)]
    assert len(found) == 1
    assert found[0].message.startswith("Facebook ")
    assert found[0].channel == "facebook"


def test_all_violations_are_reported_at_once() -> None:
    bad = draft("x" * 63_207, media=(image(bytes=25_000_000, mime_type="image/heic"),), options={"title": "t"})
    rules = [problem.rule for problem in validate(bad, None)]
    assert rules == ["message_utf16", "media_type", "media_bytes", "option_kind"]


def test_limits_carry_their_numbers() -> None:
    (found,) = validate(photo(bytes=20_000_001, has_alpha=False, animated=False), None)
    assert (found.limit, found.actual) == (20_000_000, 20_000_001)
    (found,) = validate(reel(fps=23.0), None)
    assert (found.limit, found.actual) == ("24-60", 23.0)


@pytest.mark.parametrize(
    ("scopes", "refused"), [((), False), (("pages_manage_engagement",), False), (("pages_manage_posts",), True)]
)
def test_a_comment_needs_its_scope_where_scopes_are_known(scopes: tuple[str, ...], refused: bool) -> None:
    who = account("facebook", "1", scopes=scopes)
    found = validate(draft("x", first_comment="First"), who)
    assert [problem.code for problem in found] == (["MISSING_SCOPE"] if refused else [])


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (draft("x"), Kind.POST),
        (photo(), Kind.POST),
        (draft("x", media=(video(**REEL),)), Kind.REEL),
        (draft("x", media=(video(**FEED),)), Kind.VIDEO),
        (draft("x", media=(video(**{**REEL, "duration_ms": 91_000}),)), Kind.VIDEO),
        (draft("x", media=(video(**{**REEL, "fps": 12.0}),)), Kind.VIDEO),
        (draft("x", media=(video(**{**REEL, "width": 360, "height": 640}),)), Kind.VIDEO),
    ],
)
def test_a_video_that_fits_is_a_reel(given: Draft, kind: Kind) -> None:
    assert kind_of(given, Options()) is kind
    assert validate(given, None) == []
