"""Read a post from a file, add the brand, upload its local media and replace them by ids."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from munadi.cli.session import Session
from munadi.cli.uploading import upload
from munadi.process.exits import CommandFailed, Exit

STDIN = "-"


def prepare_payload(session: Session, source: str, brand_ref: str | None) -> Any:
    """The payload, ready to send. Raises CommandFailed (USAGE) if the file is not a valid payload."""
    payload = read_payload(source)
    named = payload.get("brandRef")
    if brand_ref and named and named != brand_ref:
        raise CommandFailed(f"--brand-ref {brand_ref} and the payload's brandRef {named} disagree", Exit.USAGE)
    if brand_ref:
        payload["brandRef"] = brand_ref
    return with_media(session, payload, _folder(source))


def with_media(session: Session, payload: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The post with its local files uploaded; their paths are relative to the folder."""
    upload_local_media(session, payload, folder, payload.get("brandRef"))
    return payload


def prepare_changes(session: Session, source: str, brand_ref: str) -> Any:
    """Changes to a post of that brand, ready to send. Raises CommandFailed as `prepare_payload` does."""
    changes = read_payload(source)
    upload_local_media(session, changes, _folder(source), brand_ref)
    return changes


def read_payload(source: str) -> dict[str, Any]:
    """The JSON object in a file, or on standard input for `-`."""
    try:
        text = sys.stdin.read() if source == STDIN else Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandFailed(f"cannot read {source}: {error}", Exit.USAGE) from error
    try:
        payload = json.loads(text)
    except ValueError as error:
        raise CommandFailed(f"{source} is not JSON: {error}", Exit.USAGE) from error
    if not isinstance(payload, dict):
        raise CommandFailed(f"{source} must hold one JSON object", Exit.USAGE)
    return payload


def upload_local_media(session: Session, payload: dict[str, Any], folder: Path, brand_ref: Any) -> None:
    """Replace each `{"path": …}` by the `{"id": …}` of the uploaded file; a file named twice is uploaded once."""
    local = list(_local_media(payload))
    files = {media["path"]: folder / media["path"] for media in local}
    for name, file in files.items():
        if not file.is_file():
            raise CommandFailed(f"media file not found: {name} (looked for {file})", Exit.USAGE)
    if files and not isinstance(brand_ref, str):
        raise CommandFailed("give --brand-ref: media are stored for a brand", Exit.USAGE)
    ids = {name: upload(session, str(brand_ref), file, name)["id"] for name, file in files.items()}
    for media in local:
        media["id"] = ids[media.pop("path")]


def _folder(source: str) -> Path:
    """The folder that media paths are relative to."""
    return Path.cwd() if source == STDIN else Path(source).resolve().parent


def _local_media(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The media with a local path, in the post and in its channels' overrides."""
    channels = payload.get("channels")
    holders = [payload, *(entry for entry in channels or [] if isinstance(entry, dict))]
    for holder in holders:
        media = holder.get("media")
        for entry in media if isinstance(media, list) else []:
            if isinstance(entry, dict) and isinstance(entry.get("path"), str):
                yield entry
