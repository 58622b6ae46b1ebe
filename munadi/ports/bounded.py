"""Bounds what a channel's calls return and raise, beyond what its types bound themselves (`munadi.domain.bounds`).

What is over a bound raises ValueError: an answer that cannot be understood.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from pydantic import SecretStr

from munadi.domain.account import Credentials
from munadi.domain.bounds import ID, NAME, SECRET, web_address
from munadi.domain.failure import MAX_MESSAGE, MAX_RAW, ChannelError, FieldRefused
from munadi.ports.connecting import Connection, Consent, GrantedProfiles
from munadi.ports.imports import AccountImport

MAX_CODE = 200
# Profiles that one consent may offer.
MAX_CHOICES = 500
Result = TypeVar("Result", Connection, Credentials, Consent, GrantedProfiles)


def bounded(result: Result) -> Result:
    """The result. Raises ValueError for what is too long, or for a consent page without a web address."""
    match result:
        case Connection():
            _secrets(_of(result.credentials))
        case Credentials():
            _secrets(_of(result))
        case Consent():
            if web_address(result.url) is None:
                raise ValueError("the consent page has no web address of a usable length")
            _secrets(result.kept.values())
        case GrantedProfiles():
            if len(result.choices) > MAX_CHOICES:
                raise ValueError(f"more than {MAX_CHOICES} profiles")
            for choice in result.choices:
                _texts((choice.external_id,), ID.limit)
                _texts((choice.name,), NAME.limit)
                _secrets(_of(choice.given))
            _texts(result.scopes, NAME.limit)
    return result


def bound_error(error: ChannelError) -> None:
    """Cut a network's code and words, which may be as long as its answer."""
    error.provider_code = error.provider_code and error.provider_code[:MAX_CODE]
    error.provider_message = error.provider_message and error.provider_message[:MAX_MESSAGE]
    error.message = error.message[:MAX_MESSAGE]
    error.raw = error.raw and error.raw[:MAX_RAW]
    if isinstance(error, FieldRefused):
        error.limit = error.limit and error.limit[: NAME.limit]
        error.actual = error.actual and error.actual[: NAME.limit]


def _of(given: Credentials | AccountImport) -> list[SecretStr | str | None]:
    return [given.access_token, given.refresh_token, *given.extra.values()]


def _secrets(secrets: Iterable[SecretStr | str | None]) -> None:
    shown = (secret.get_secret_value() if isinstance(secret, SecretStr) else secret or "" for secret in secrets)
    _texts(shown, SECRET.limit)


def _texts(texts: Iterable[str], limit: int) -> None:
    if any(len(text) > limit for text in texts):
        raise ValueError(f"a text of more than {limit} characters")
