"""Ed25519 on bytes, for the key pairs of `v1a` signatures.

Rule: only this module needs `cryptography`, so that a receiver with a `whsec_` secret can do without it.
"""

from collections.abc import Callable
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey


class Pair(NamedTuple):
    """A seed, which is the private key, and its public key: 32 bytes each."""

    seed: bytes
    public: bytes


def generate() -> Pair:
    """A new random pair."""
    key = Ed25519PrivateKey.generate()
    return Pair(key.private_bytes_raw(), key.public_key().public_bytes_raw())


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature, 64 bytes. Raises ValueError for a seed that is not 32 bytes long."""
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verifier(public: bytes) -> Callable[[bytes, bytes], bool]:
    """Whether a message has a signature of the owner of `public`, as a function of both.

    Raises ValueError for a key that is not 32 bytes long.
    """
    key = Ed25519PublicKey.from_public_bytes(public)

    def is_signed(message: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return is_signed
