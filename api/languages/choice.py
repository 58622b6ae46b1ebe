"""Which language a reader gets: the one they chose, else the one that their browser prefers, else English."""

from __future__ import annotations

from babel import negotiate_locale
from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.cookies import cookie_name, set_cookie
from api.languages.catalogue import Language, current
from munadi.config import Settings

COOKIE, COOKIE_SECONDS = "munadi_language", 365 * 24 * 3600
# A browser sends some dozens of characters.
_LONGEST = 1_000


class PageLanguage:
    """Sets the language while a page is made. The API itself has none; of its addresses only the ones that a network
    sends a browser back to are pages."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._cookie = cookie_name(COOKIE, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (scope["path"].startswith("/v1/") and not scope["path"].startswith("/v1/oauth/")):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        chosen = cookie_parser(headers.get("cookie", "")).get(self._cookie)
        before = current.set(language_of(chosen, headers.get("accept-language", "")))
        try:
            await self._app(scope, receive, send)
        finally:
            current.reset(before)


def language_of(chosen: str | None, accepted: str) -> Language:
    """The language for a cookie's value and an `Accept-Language` header (RFC 9110, 12.5.4)."""
    if chosen is not None and chosen in [*Language]:
        return Language(chosen)
    found = negotiate_locale(_preferred(accepted), [*Language], sep="-")
    return Language(found) if found else Language.ENGLISH


def _preferred(accepted: str) -> list[str]:
    """The tags of the header, the best first. What is malformed is no wish."""
    weighted: list[tuple[float, str]] = []
    for part in accepted[:_LONGEST].split(","):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight.strip() else 1.0
        except ValueError:
            continue
        if tag.strip() and 0 < quality <= 1:
            weighted.append((quality, tag.strip()))
    return [tag for _, tag in sorted(weighted, key=lambda each: each[0], reverse=True)]


def language_headers() -> dict[str, str]:
    """The headers of a page in the request's language."""
    return {"Content-Language": current.get(), "Vary": "Accept-Language, Cookie"}


def keep_choice(answer: Response, language: Language, settings: Settings) -> None:
    """Remember a reader's choice in this browser."""
    set_cookie(answer, COOKIE, language, COOKIE_SECONDS, settings)
