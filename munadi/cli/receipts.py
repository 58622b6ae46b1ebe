"""`munadi receipts`: verify a receipt with the public keys of the installation that signed it, without any API."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

from munadi.cli.command import command, group
from munadi.cli.output import Cell, Output
from munadi.cli.post_output import clock_time
from munadi.cli.session import Session
from munadi.domain.receipt import RECEIPT_KEYS_PATH, RECEIPT_TYPE
from munadi.process.exits import CommandFailed, Exit

if TYPE_CHECKING:
    import jwt

app = group("receipts", "Verify receipts, which munadi publications receipt gets.")

ALGORITHM = "EdDSA"
# A receipt has a few thousand characters, and a set of keys a few hundred for each key.
LONGEST = 1_000_000
STDIN = "-"
File = Annotated[str, Argument(metavar="FILE", help="The receipt, alone or as the API answers it; - reads it.")]
Keys = Annotated[
    str,
    Option("--keys", metavar="URL|FILE", help=f"The keys: a file, or https://…{RECEIPT_KEYS_PATH}"),
]


@command(app, "verify", remote=False)
def verify(session: Session, file: File, keys: Keys) -> None:
    """Verify a receipt, and print what it states. With the keys in a file this works offline.

    Exits 1 if the receipt was changed, if none of these keys signed it, or if it is no receipt; 2 if a file cannot be
    read; 3 if the keys' address does not answer.
    """
    text = _read(file, "the receipt")
    receipt, shown = _receipt_in(text)
    is_address = keys.startswith(("http://", "https://"))
    key_set = _fetched(session, keys) if is_address else _read(keys, "the keys")
    kid, claims = verified(receipt, _key_set(key_set, keys))
    if shown is not None and shown != claims:
        raise CommandFailed("the claims beside the receipt are not those that were signed", advice="Trust neither.")
    if is_address and keys != f"{claims.get('iss')}{RECEIPT_KEYS_PATH}":
        raise CommandFailed(
            f"the receipt states that {claims.get('iss')} issued it, and these keys are from {keys}",
            advice="If that address is an inner one of the same installation, save the keys and give the file.",
        )
    session.show({"valid": True, "kid": kid, "claims": claims}, _print)


def verified(receipt: str, keys: Mapping[str, jwt.PyJWK]) -> tuple[str, dict[str, Any]]:
    """The name of the key that signed a receipt, and what it states. Raises CommandFailed with the reason."""
    import jwt

    try:
        header = jwt.get_unverified_header(receipt)
    except jwt.PyJWTError as error:
        raise CommandFailed(f"this is no receipt: {error}") from error
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm != ALGORITHM:
        raise CommandFailed(f"the receipt names the algorithm {algorithm!r}; receipts are signed with {ALGORITHM}")
    if header.get("typ") != RECEIPT_TYPE:
        raise CommandFailed(f"this is no receipt: its type is {header.get('typ')!r}, not {RECEIPT_TYPE}")
    if not isinstance(kid, str) or kid not in keys:
        raise CommandFailed(
            f"none of these keys signed the receipt: it names the key {kid!r}",
            advice="Fetch the keys again: an installation publishes all that it ever signed with. "
            "If the key is not there, the receipt is not from that installation.",
        )
    try:
        claims = json.loads(jwt.PyJWS().decode(receipt, keys[kid], algorithms=[ALGORITHM]))
    except jwt.InvalidSignatureError as error:
        raise CommandFailed(
            f"the signature is wrong: the receipt was changed, or another key than {kid} signed it",
            advice="Do not trust it. Ask the installation for the receipt again.",
        ) from error
    except (jwt.PyJWTError, ValueError) as error:
        raise CommandFailed(f"this is no receipt: {error}") from error
    if not isinstance(claims, dict):
        raise CommandFailed("this is no receipt: it states no claims")
    return kid, claims


def _receipt_in(text: str) -> tuple[str, Any]:
    """The receipt, and the claims that were written beside it: None where there are none."""
    text = text.strip()
    if not text.startswith("{"):
        return text, None
    try:
        found = json.loads(text)
        return str(found["receipt"]), found.get("claims")
    except (ValueError, KeyError) as error:
        raise CommandFailed('this is no receipt: neither a signed text nor JSON with a "receipt"') from error


def _key_set(text: str, source: str) -> dict[str, jwt.PyJWK]:
    """The Ed25519 keys of a JWK Set by their names."""
    import jwt

    try:
        found = jwt.PyJWKSet.from_json(text).keys
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
        raise CommandFailed(f"{source} has no keys that can verify a receipt: {error}", Exit.USAGE) from error
    return {key.key_id: key for key in found if key.key_id and key.algorithm_name == ALGORITHM}


def _read(source: str, what: str) -> str:
    try:
        if source == STDIN:
            return sys.stdin.read(LONGEST)
        with Path(source).open(encoding="utf-8") as file:
            return file.read(LONGEST)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise CommandFailed(f"{what} cannot be read from {source}: {reason}", Exit.USAGE) from error


def _fetched(session: Session, url: str) -> str:
    import httpx

    try:
        with httpx.Client(transport=session.transport, timeout=10.0) as client:
            answer = client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CommandFailed(f"the keys cannot be fetched from {url}: {error}", Exit.NOT_REACHABLE) from error
    if answer.status_code != httpx.codes.OK:
        raise CommandFailed(f"the keys cannot be fetched: {url} answered {answer.status_code}", Exit.NOT_REACHABLE)
    return answer.text


def _print(out: Output, found: Mapping[str, Any]) -> None:
    claims = found["claims"]
    profile, sent, withdrawal = (claims.get(name) or {} for name in ("profile", "sent", "withdrawal"))
    out.line(("The receipt is genuine. ", "green"), f"{claims.get('iss')} states:")
    facts: list[tuple[str, Cell | None]] = [
        ("publication", claims.get("publicationId")),
        ("post", claims.get("contentId")),
        ("brand", claims.get("brandRef")),
        ("network", claims.get("channel")),
        ("profile", profile.get("handle")),
        ("accepted", clock_time(claims.get("acceptedAt"))),
        ("published", clock_time(claims.get("publishedAt"))),
        *((one["step"], one["url"] or one["id"]) for one in claims.get("objects", ())),
        ("sent (SHA-256)", sent.get("sha256")),
        *(("file (SHA-256)", one) for one in sent.get("files", ())),
        ("withdrawal", withdrawal.get("status")),
        ("signed with", found["kid"]),
    ]
    out.facts(facts)
