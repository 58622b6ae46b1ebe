"""Sets cookies that scripts cannot read and that, over https, are bound to this host; drops all others unread."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from munadi.config import Settings

# The names and the values that we set. The library that reads cookies takes quadratic time for some that we never set.
_NAME, _VALUE = re.compile(rb"(?:__Host-)?munadi_[a-z]{1,20}"), re.compile(rb"[A-Za-z0-9_.~-]{0,1000}")


def keep_own_cookies(scope: Scope) -> None:
    """Leave a request only the cookies with our names; a value that we cannot have set becomes empty."""
    sent = [value for name, value in scope["headers"] if name == b"cookie"]
    if not sent:
        return
    pairs = [each.strip().partition(b"=") for line in sent for each in line.split(b";")]
    own = [
        name + b"=" + (value if _VALUE.fullmatch(value) else b"") for name, _, value in pairs if _NAME.fullmatch(name)
    ]
    scope["headers"] = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
    if own:
        scope["headers"].append((b"cookie", b"; ".join(own)))


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
    """Delete a cookie in the browser that gets this answer; `plain` is its name without a prefix."""
    answer.delete_cookie(
        cookie_name(plain, settings), path="/", httponly=True, secure=is_https(settings), samesite="lax"
    )
