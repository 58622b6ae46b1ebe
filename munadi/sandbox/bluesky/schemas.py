"""The Lexicon schemas that the sandbox validates: the post record with its embeds and gates, and call inputs.

Source: lexicons `app.bsky.feed.{post,threadgate,postgate}`, `app.bsky.embed.*`, `app.bsky.richtext.facet`,
`app.bsky.video.*` and `com.atproto.{repo,server}.*`, with the image size of 2026 (2,000,000 bytes; it was 1,000,000
before).
"""

from __future__ import annotations

from typing import Any

from munadi.sandbox.bluesky.lexicon import Schema

IMAGE_BYTES, THUMB_BYTES, VIDEO_BYTES, CAPTION_BYTES = 2_000_000, 1_000_000, 300_000_000, 20_000


def _object(required: str, **properties: Schema) -> Schema:
    return {"type": "object", "required": required.split(), "properties": properties}


def _string(**limits: Any) -> Schema:
    return {"type": "string", **limits}


def _array(items: Schema, maximum: int | None = None) -> Schema:
    return {"type": "array", "items": items} | ({"maxLength": maximum} if maximum else {})


def _blob(accept: str, size: int) -> Schema:
    return {"type": "blob", "accept": accept, "maxSize": size}


def _integer(minimum: int) -> Schema:
    return {"type": "integer", "minimum": minimum}


def _union(**members: Schema) -> Schema:
    return {"type": "union", "refs": members}


ASPECT_RATIO = _object("width height", width=_integer(1), height=_integer(1))
STRONG_REF = _object("uri cid", uri=_string(format="at-uri"), cid=_string(format="cid"))
IMAGE = _object("image alt", image=_blob("image/*", IMAGE_BYTES), alt=_string(), aspectRatio=ASPECT_RATIO)
IMAGES = _object("images", images=_array(IMAGE, 4))
GALLERY_IMAGE = {**IMAGE, "required": ["image", "alt", "aspectRatio"]}
GALLERY = _object("items", items=_array(_union(**{"app.bsky.embed.gallery#image": GALLERY_IMAGE}), 20))
CARD = _object(
    "uri title description",
    uri=_string(format="uri"),
    title=_string(),
    description=_string(),
    thumb=_blob("image/*", THUMB_BYTES),
)
EXTERNAL = _object("external", external=CARD)
CAPTION = _object("lang file", lang=_string(format="language"), file=_blob("text/vtt", CAPTION_BYTES))
VIDEO = _object(
    "video",
    video=_blob("video/mp4", VIDEO_BYTES),
    captions=_array(CAPTION, 20),
    alt=_string(maxLength=10_000, maxGraphemes=1_000),
    aspectRatio=ASPECT_RATIO,
    presentation=_string(),
)
QUOTE = _object("record", record=STRONG_REF)
MEDIA_EMBEDS = {
    "app.bsky.embed.images": IMAGES,
    "app.bsky.embed.gallery": GALLERY,
    "app.bsky.embed.video": VIDEO,
    "app.bsky.embed.external": EXTERNAL,
}
QUOTE_WITH_MEDIA = _object("record media", record=QUOTE, media=_union(**MEDIA_EMBEDS))
FEATURES = {
    "app.bsky.richtext.facet#mention": _object("did", did=_string(format="did")),
    "app.bsky.richtext.facet#link": _object("uri", uri=_string(format="uri")),
    "app.bsky.richtext.facet#tag": _object("tag", tag=_string(maxLength=640, maxGraphemes=64)),
}
# Offsets beyond the text pass: the reference does not compare them with it.
FACET = _object(
    "index features",
    index=_object("byteStart byteEnd", byteStart=_integer(0), byteEnd=_integer(0)),
    features=_array(_union(**FEATURES)),
)
SELF_LABELS = _object("values", values=_array(_object("val", val=_string(maxLength=128)), 10))

POST = _object(
    "text createdAt",
    text=_string(maxLength=3000, maxGraphemes=300),
    facets=_array(FACET),
    reply=_object("root parent", root=STRONG_REF, parent=STRONG_REF),
    embed=_union(
        **MEDIA_EMBEDS, **{"app.bsky.embed.record": QUOTE, "app.bsky.embed.recordWithMedia": QUOTE_WITH_MEDIA}
    ),
    langs=_array(_string(format="language"), 3),
    labels=_union(**{"com.atproto.label.defs#selfLabels": SELF_LABELS}),
    tags=_array(_string(maxLength=640, maxGraphemes=64), 8),
    createdAt=_string(format="datetime"),
)

NOTHING = _object("")
AT_URI = _string(format="at-uri")
DATETIME = _string(format="datetime")
REPLY_RULES = {
    "app.bsky.feed.threadgate#mentionRule": NOTHING,
    "app.bsky.feed.threadgate#followerRule": NOTHING,
    "app.bsky.feed.threadgate#followingRule": NOTHING,
    "app.bsky.feed.threadgate#listRule": _object("list", list=AT_URI),
}
THREADGATE = _object(
    "post createdAt",
    post=AT_URI,
    allow=_array(_union(**REPLY_RULES), 5),
    createdAt=DATETIME,
    hiddenReplies=_array(AT_URI, 300),
)
POSTGATE = _object(
    "post createdAt",
    createdAt=DATETIME,
    post=AT_URI,
    detachedEmbeddingUris=_array(AT_URI, 50),
    embeddingRules=_array(_union(**{"app.bsky.feed.postgate#disableRule": NOTHING}), 5),
)

REPO = _string(format="at-identifier")
COLLECTION = _string(format="nsid")
RKEY = _string(format="record-key", maxLength=512)
CID = _string(format="cid")
RECORD: Schema = {"type": "unknown"}
BOOLEAN: Schema = {"type": "boolean"}

CREATE_SESSION = _object("identifier password", identifier=_string(), password=_string())
PUT_RECORD = {
    **_object(
        "repo collection rkey record",
        repo=REPO,
        collection=COLLECTION,
        rkey=RKEY,
        validate=BOOLEAN,
        record=RECORD,
        swapRecord=CID,
        swapCommit=CID,
    ),
    "nullable": ["swapRecord"],
}
KEYED = {"collection": COLLECTION, "rkey": RKEY}
CREATE, UPDATE, DELETE = (f"com.atproto.repo.applyWrites#{name}" for name in ("create", "update", "delete"))
WRITE = {
    CREATE: _object("collection value", **KEYED, value=RECORD),
    UPDATE: _object("collection rkey value", **KEYED, value=RECORD),
    DELETE: _object("collection rkey", **KEYED),
}
APPLY_WRITES = _object(
    "repo writes", repo=REPO, validate=BOOLEAN, writes=_array({**_union(**WRITE), "closed": True}), swapCommit=CID
)
UPLOAD_ID = _object("jobId", jobId=_string(maxLength=256))
START_UPLOAD = _object(
    "sizeBytes mimeType",
    sizeBytes=_integer(1),
    mimeType=_string(maxLength=255),
    name=_string(maxLength=256),
    durationMs={"type": "integer"},
    width={"type": "integer"},
    height={"type": "integer"},
)
