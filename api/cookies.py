"""Sets cookies that scripts cannot read and that, over https, are bound to this host."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from munadi.config import Settings


def is_https(settings: Settings) -> bool:
    """Whether browsers reach this installation over https."""
    return settings.base_url.lower().startswith("https:")


def cookie_name(plain: str, settings: Settings) -> str:
    """The name of a cookie in the browser. `__Host-` makes the browser refuse one that another host of the
    same domain, or a page over http, tries to set; browsers allow the prefix over https only."""
    return f"__Host-{plain}" if is_https(settings) else plain


def read_cookie(request: Request, plain: str, settings: Settings) -> str | None:
    """The value the browser sent; None without one."""
    return request.cookies.get(cookie_name(plain, settings))


def set_cookie(answer: Response, plain: str, value: str, seconds: int, settings: Settings) -> None:
    """Set a cookie that lasts this long."""
    answer.set_cookie(
        cookie_name(plain, settings),
        value,
        max_age=seconds,
        path="/",
        httponly=True,
        secure=is_https(settings),
        samesite="lax",
    )


def forget_cookie(answer: Response, plain: str, settings: Settings) -> None:
    """Delete a cookie."""
    answer.delete_cookie(
        cookie_name(plain, settings), path="/", httponly=True, secure=is_https(settings), samesite="lax"
    )
