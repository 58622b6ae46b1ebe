"""What a body says it is, read before anything decodes it: a known form, in UTF-8.

A client never chooses the codec. Decoding some charsets takes quadratic time, and others decode to nothing. The header
is short and every parameter is read once, so this takes linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, ImmutableMultiDict
from starlette.requests import Request

from api.http.problems import ProblemError

ZIP, CSV, NDJSON = "application/zip", "text/csv", ("application/x-ndjson", "application/ndjson")
# What an import is sent as.
IMPORT_TYPES = frozenset({ZIP, CSV, *NDJSON})
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
# The longest Content-Type, and the longest boundary that RFC 2046 allows.
LONGEST, LONGEST_BOUNDARY = 256, 70
MAX_FIELDS = 200
UTF_8 = ("utf-8", "utf8")
_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_KIND = re.compile(rf"[ \t]*({_TOKEN}/{_TOKEN})[ \t]*")
_PARAMETER = re.compile(rf';[ \t]*(?:({_TOKEN})=(?:({_TOKEN})|"([^"\\]*)"))?[ \t]*')
Fields = ImmutableMultiDict[str, str]


@dataclass(frozen=True)
class BodyKind:
    """The type of a body in lower case, empty without Content-Type; and the boundary of a multipart form."""

    media_type: str = ""
    boundary: bytes | None = None


def kind_of(headers: Headers) -> BodyKind:
    """The kind of a request's body. ProblemError 415 for a Content-Type that cannot be read, and for a charset."""
    return read_kind(headers.getlist("content-type"))


def read_kind(lines: Sequence[str]) -> BodyKind:
    """The kind that the lines of Content-Type name: those of a request, or of a part of a form. Errors: `kind_of`."""
    if not lines:
        return BodyKind()
    text = lines[0]
    found = _KIND.match(text) if len(lines) == 1 and len(text) <= LONGEST else None
    if found is None:
        raise _unreadable(text)
    parameters: dict[str, str] = {}
    for name, value in _parameters(text, found.end()):
        # `charset*=…` is another way to write it, which readers understand differently.
        if name in parameters or "*" in name:
            raise _unreadable(text)
        parameters[name] = value
    if "charset" in parameters:
        check_charset(parameters["charset"], "Content-Type")
    boundary = parameters.get("boundary")
    return BodyKind(found[1].lower(), None if boundary is None else boundary.encode("latin-1"))


def check_charset(charset: str, where: str) -> None:
    """ProblemError 415 for any charset but UTF-8."""
    if charset.strip().lower() not in UTF_8:
        detail = f"{where} names the charset {charset[:40]!r}; send UTF-8, which needs no charset"
        raise ProblemError(415, "CHARSET_NOT_SUPPORTED", "Unsupported Media Type", detail)


def check_form(kind: BodyKind) -> None:
    """ProblemError 415 for what is no form of a page: a page has no files, so its form is never multipart."""
    if kind.media_type != FORM:
        detail = f"send this form as {FORM}, not {kind.media_type[:80] or 'a body without Content-Type'}"
        raise ProblemError(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", detail)


def read_fields(body: bytes) -> Fields:
    """The fields of a page's form. ProblemError 400 when they are too many or not UTF-8, 415 for another charset."""
    try:
        found = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS, encoding="utf-8"
        )
    except UnicodeError:
        raise _no_form("a form is percent-encoded UTF-8") from None
    except ValueError:
        raise _no_form(f"a form has at most {MAX_FIELDS} fields") from None
    for name, value in found:
        if name == "_charset_":
            check_charset(value, "_charset_")
    return Fields(found)


def form_of(request: Request) -> Fields:
    """The fields of the form that a request has; without a body there are none."""
    found: Fields = request.scope["state"].get("form", Fields())
    return found


def _parameters(text: str, start: int) -> Iterator[tuple[str, str]]:
    while start < len(text):
        found = _PARAMETER.match(text, start)
        if found is None:
            raise _unreadable(text)
        if found[1]:
            yield found[1].lower(), found[2] or found[3] or ""
        start = found.end()


def _unreadable(text: str) -> ProblemError:
    detail = f"send one Content-Type of at most {LONGEST} characters, such as application/json, not {text[:80]!r}"
    return ProblemError(415, "UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", detail)


def _no_form(detail: str) -> ProblemError:
    return ProblemError(400, "FORM_INVALID", "Bad Request", detail)
