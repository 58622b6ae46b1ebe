"""How a brand looks on the pages that people without an account see: its name, logo, colour and support address.

These are the pages on which an owner connects a profile and a reviewer decides about a post, and the consent page of
programs. Without a branding they show the installation's own look.
"""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from munadi.domain.colour import HEX
from munadi.domain.media_facts import MediaFacts
from munadi.domain.model import BrandOf, CreatedAt, UpdatedAt, WireModel
from munadi.domain.problem_collector import ProblemCollector

LONGEST_NAME, LONGEST_URL = 80, 500
# Of a logo. Animated ones are refused, and drawings (SVG), which may hold scripts, are no media here.
LOGO_TYPES = ("image/png", "image/jpeg", "image/webp")
LOGO_BYTES, LEAST_SIDE, MOST_SIDE = 1 << 20, 16, 2048

EXAMPLE: dict[str, Any] = {
    "name": "Acme Stores",
    "logoMediaId": "med_01kf2v6s3tf0d8m7s0a3x9y5hq",
    "colour": "#0b5fff",
    "supportUrl": "mailto:help@acme.example",
}
_HEX = re.compile(HEX)
_MAIL = re.compile(r"mailto:[A-Za-z0-9._+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
# What turns the direction of writing or is not seen, so that a name could pretend to be another one.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def _name(name: str) -> str:
    shown = name.strip()
    if not shown or _UNSEEN.search(shown):
        raise PydanticCustomError("name", "needs a visible character, and has none that controls how text is shown")
    return shown


def _colour(colour: str) -> str:
    if not _HEX.fullmatch(colour):
        raise PydanticCustomError("colour", "must be # and six hexadecimal digits, such as #0b5fff")
    return colour.lower()


def _support(url: str) -> str:
    """https, or a plain mail address: no subject, no copies to others."""
    if _MAIL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    plain = all("!" <= character <= "~" for character in url) and "\\" not in url
    if not (plain and host and parts.scheme == "https" and "@" not in parts.netloc):
        message = "must be an absolute https address without credentials, or mailto: and one address"
        raise PydanticCustomError("support_address", message)
    return url


class BrandingPut(WireModel):
    """How a brand looks on the pages for owners and reviewers. What is absent or null is as without a branding."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Annotated[str, AfterValidator(_name)] | None = Field(
        None, max_length=LONGEST_NAME, description="The name that these pages show; null: the brand's own."
    )
    logo_media_id: str | None = Field(
        None,
        max_length=40,
        description="A stored PNG, JPEG or WebP that does not move, from 16 to 2048 pixels a side, at most 1 MiB; "
        "null: the name alone.",
    )
    colour: Annotated[str, AfterValidator(_colour), WithJsonSchema({"type": "string", "pattern": HEX})] | None = Field(
        None, description="Of buttons and links, #rrggbb; null: the installation's own."
    )
    support_url: Annotated[str, AfterValidator(_support)] | None = Field(
        None,
        max_length=LONGEST_URL,
        description="Where people find help: an https address, or mailto: and one address; null: none is shown.",
    )


class BrandingView(WireModel):
    """How a brand looks on the pages for owners and reviewers."""

    brand_ref: BrandOf
    name: str | None = Field(description="The name that these pages show; null: the brand's own.")
    logo_media_id: str | None = Field(description="The stored picture; null: the name alone.")
    logo_url: str | None = Field(description="Where the pages load the logo from; anybody can. Null without a logo.")
    colour: str | None = Field(description="Of buttons and links; null: the installation's own.")
    text_on_colour: str | None = Field(
        description="The text on buttons: black or white, whichever contrasts more; null without a colour."
    )
    support_url: str | None = Field(description="Where people find help; null: none is shown.")
    created_at: CreatedAt
    updated_at: UpdatedAt


def check_logo(facts: MediaFacts) -> ProblemCollector:
    """What keeps a file from being a logo."""
    problems, pointer = ProblemCollector(), "/logoMediaId"
    if facts.mime_type not in LOGO_TYPES:
        message = f"a logo is one of {', '.join(LOGO_TYPES)}; this file is {facts.mime_type}"
        problems.add(pointer, "LOGO_TYPE", message, limit=", ".join(LOGO_TYPES), actual=facts.mime_type)
        return problems
    if facts.animated:
        problems.add(pointer, "LOGO_ANIMATED", "a logo does not move; store a picture with one frame")
    if facts.bytes > LOGO_BYTES:
        message = f"a logo has at most {LOGO_BYTES:,} bytes; this file has {facts.bytes:,}"
        problems.add(pointer, "LOGO_TOO_LARGE", message, limit=LOGO_BYTES, actual=facts.bytes)
    sides = facts.width, facts.height
    if min(sides) < LEAST_SIDE or max(sides) > MOST_SIDE:
        message = f"a logo's sides have {LEAST_SIDE} to {MOST_SIDE} pixels; this one has {sides[0]} × {sides[1]}"
        limit = f"{LEAST_SIDE} to {MOST_SIDE}"
        problems.add(pointer, "LOGO_DIMENSIONS", message, limit=limit, actual=f"{sides[0]}x{sides[1]}")
    return problems
