"""Encrypts secrets at rest: AES-256-GCM under key-encryption keys that can be rotated.

Rule: a sealed value opens only in the row and column it was sealed for, and any damage, swap or
unknown key is the one exception `SealBroken`. Neither keys nor plaintexts appear in errors or reprs.
"""

import base64
import hashlib
import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from munadi.private_files import private_folder

VERSION = b"\x01"
_KEY_ID_BYTES = 8
_NONCE_BYTES = 12
_TAG_BYTES = 16
_HEADER_BYTES = len(VERSION) + _KEY_ID_BYTES
_MIN_TEXT = 32
_MIN_DISTINCT = 10
_HEX = re.compile(r"[0-9a-fA-F]*")


class SealBroken(Exception):
    """The value cannot be opened here: damaged, moved to another row, or sealed under a key we do not hold."""


class WeakKey(ValueError):
    """A key-encryption key that could be guessed. The message names the rule, never the key."""


class KeyRing:
    """Key-encryption keys, newest first: the first seals, all open.

    A key is any text of at least 32 characters (64 for hex, so that it holds 256 bits), such as
    `openssl rand -base64 32` prints. Raises WeakKey for a shorter or repetitive one, ValueError for none.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        if isinstance(keys, str) or not keys:
            raise ValueError("a key ring needs a list of at least one key")
        self._masters = [_checked(key) for key in keys]
        derived = [_derive(master, b"munadi seal 1") for master in self._masters]
        self._ciphers = {_key_id(key): AESGCM(key) for key in derived}
        self._newest = _key_id(derived[0])
        # The first bytes of every value that the newest key sealed.
        self.newest_header = VERSION + self._newest
        self._derived: dict[str, list[bytes]] = {}

    def __repr__(self) -> str:
        return f"KeyRing({len(self._masters)} keys, newest {self._newest.hex()})"

    def seal(self, plaintext: bytes, *, table: str, row: str, column: str) -> bytes:
        """`plaintext` sealed for one place: version (1 byte), key id (8), nonce (12), ciphertext and tag."""
        header = self.newest_header
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, plaintext, _place(header, table, row, column))
        return header + nonce + sealed

    def open(self, sealed: bytes, *, table: str, row: str, column: str) -> bytes:
        """The plaintext that was sealed for this place. Raises SealBroken, and nothing else."""
        if len(sealed) < _HEADER_BYTES + _NONCE_BYTES + _TAG_BYTES or sealed[:1] != VERSION:
            raise SealBroken("not a sealed value of a known version")
        header, rest = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
        cipher = self._ciphers.get(header[len(VERSION) :])
        if cipher is None:
            raise SealBroken(f"sealed under a key that is not held: {header[len(VERSION) :].hex()}")
        nonce, ciphertext = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        try:
            return cipher.decrypt(nonce, ciphertext, _place(header, table, row, column))
        except InvalidTag as error:
            raise SealBroken("the value was damaged or belongs to another place") from error

    @property
    def key_ids(self) -> list[str]:
        """The ids of the keys, newest first, 16 hex digits each; they do not reveal the keys."""
        return [key_id.hex() for key_id in self._ciphers]

    def needs_reseal(self, sealed: bytes) -> bool:
        """Whether `sealed` is under another key than the newest, so that a rotation should rewrite it."""
        return sealed[:_HEADER_BYTES] != self.newest_header

    def derive(self, purpose: str) -> list[bytes]:
        """A 32-byte key for another use (signed URLs), per key of the ring, newest first: sign with the first."""
        if purpose not in self._derived:
            self._derived[purpose] = [_derive(master, b"munadi " + purpose.encode()) for master in self._masters]
        return list(self._derived[purpose])


def create_key() -> str:
    """A new key-encryption key: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def load_or_create_key(path: Path) -> str:
    """The key in the file at `path`; one is created there, readable by its owner only, if there is none.

    For development. Processes that start together agree on one key. Raises OSError, or WeakKey for a
    damaged file.
    """
    private_folder(path.parent.absolute())
    if not path.exists():
        _create_key_file(path)
    path.chmod(0o600)  # a copied or restored file may have lost it
    key = path.read_text(encoding="utf-8").strip()
    _checked(key)
    return key


def _create_key_file(path: Path) -> None:
    """Write a temporary file, then link it: the key file appears complete, for the first of several processes only."""
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(create_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)
        except FileExistsError:
            return  # another process was first: use its key
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    finally:
        fresh.unlink(missing_ok=True)


def _checked(key: str) -> bytes:
    text = key.strip()
    if len(text) < _MIN_TEXT or (_HEX.fullmatch(text) and len(text) < 2 * _MIN_TEXT):
        raise WeakKey("a key-encryption key has at least 32 random characters, or 64 in hex")
    if len(set(text)) < _MIN_DISTINCT:
        raise WeakKey("a key-encryption key is random, not a repetition")
    return text.encode("utf-8")


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=purpose).derive(master)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()[:_KEY_ID_BYTES]


def _place(header: bytes, *parts: str) -> bytes:
    """The additional data: lengths first, so that no two places give the same bytes."""
    encoded = [part.encode("utf-8") for part in parts]
    return header + b"".join(len(part).to_bytes(4) + part for part in encoded)
