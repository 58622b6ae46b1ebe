"""`munadi receipts verify`: what it accepts, and what it says of each receipt that it refuses."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import Result

from munadi.crypto import create_key
from munadi.domain.receipt import RECEIPT_TYPE
from tests.cli.conftest import FakeApi, Munadi

ISSUER = "https://munadi.acme.example"
URL = f"{ISSUER}/.well-known/munadi-keys.json"
CLAIMS = {
    "iss": ISSUER,
    "iat": 1_800_070_200,
    "publicationId": "pub_1",
    "contentId": "cnt_1",
    "channel": "bluesky",
    "profile": {"handle": "acme.example"},
    "publishedAt": "2027-01-15T03:30:01Z",
    "objects": [
        {"step": "post", "id": "at://1", "url": "https://bsky.app/1"},
        {"step": "comment", "id": "at://2", "url": None},
    ],
    "sent": {"form": "munadi-sent-1", "sha256": "ab", "files": ["cd"]},
    "withdrawal": None,
}


class Signer(NamedTuple):
    """A key pair of an installation."""

    kid: str
    key: Ed25519PrivateKey

    @property
    def public(self) -> dict[str, Any]:
        found: dict[str, Any] = jwt.algorithms.OKPAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return found | {"kid": self.kid, "use": "sig", "alg": "EdDSA"}

    def sign(self, **header: Any) -> str:
        return jwt.encode(CLAIMS, self.key, "EdDSA", {"kid": self.kid, "typ": RECEIPT_TYPE, **header})


class Files:
    """The receipt and the keys in a folder, and the command with them."""

    def __init__(self, folder: Path, munadi: Munadi) -> None:
        self.folder, self._munadi = folder, munadi
        self.signer = Signer("first", Ed25519PrivateKey.generate())
        (folder / "keys.json").write_text(json.dumps({"keys": [self.signer.public]}))

    def verify(self, receipt: str, *options: str, keys: str | None = None) -> Result:
        (self.folder / "receipt.jws").write_text(receipt)
        where = keys or str(self.folder / "keys.json")
        return self._munadi("receipts", "verify", str(self.folder / "receipt.jws"), "--keys", where, *options)


@pytest.fixture
def files(tmp_path: Path, munadi: Callable[..., Result]) -> Files:
    return Files(tmp_path, munadi)


def test_a_genuine_receipt_is_verified_offline(files: Files, api: FakeApi) -> None:
    done = files.verify(files.signer.sign() + "\n")
    assert done.exit_code == 0, done.output
    for shown in ("The receipt is genuine.", ISSUER, "pub_1", "https://bsky.app/1", "at://2", "ab", "cd", "first"):
        assert shown in done.stdout
    assert api.requests == []
    whole = json.dumps({"receipt": files.signer.sign(), "claims": CLAIMS})
    as_json = files.verify(whole, "--json")
    assert json.loads(as_json.stdout) == {"valid": True, "kid": "first", "claims": CLAIMS}


def changed(receipt: str) -> str:
    header, claims, signature = receipt.split(".")
    return f"{header}.{claims[:-6]}{'A' if claims[-6] != 'A' else 'B'}{claims[-5:]}.{signature}"


def unsigned(receipt: str) -> str:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": "first"}).encode()).rstrip(b"=").decode()
    return f"{header}.{receipt.split('.')[1]}."


def with_a_secret(receipt: str, public: str) -> str:
    """The public key taken for the secret of an HMAC."""
    return jwt.encode(CLAIMS, public.ljust(32, "="), "HS256", {"kid": "first", "typ": RECEIPT_TYPE})


@pytest.mark.parametrize("as_json", [False, True])
def test_a_receipt_that_is_not_genuine_is_refused_with_the_reason(files: Files, as_json: bool) -> None:
    genuine, stranger = files.signer.sign(), Signer("first", Ed25519PrivateKey.generate())
    unknown = Signer("second", files.signer.key).sign()
    beside = json.dumps({"receipt": genuine, "claims": CLAIMS | {"publicationId": "pub_2"}})
    refused = {
        changed(genuine): "the signature is wrong: the receipt was changed, or another key than first signed it",
        genuine[:-4] + "AAAA": "the signature is wrong",
        stranger.sign(): "the signature is wrong",
        unsigned(genuine): "the receipt names the algorithm 'none'",
        with_a_secret(genuine, files.signer.public["x"]): "the receipt names the algorithm 'HS256'",
        unknown: "none of these keys signed the receipt: it names the key 'second'",
        files.signer.sign(typ="JWT"): "this is no receipt: its type is 'JWT'",
        beside: "the claims beside the receipt are not those that were signed",
        "": "this is no receipt",
        "hello": "this is no receipt",
        "{": "this is no receipt",
        '{"claims": {}}': "this is no receipt",
    }
    for receipt, reason in refused.items():
        done = files.verify(receipt, *(["--json"] if as_json else []))
        assert done.exit_code == 1, done.output
        if as_json:
            problem = json.loads(done.stdout)
            assert reason in problem["title"], problem
            assert problem["code"] == "REFUSED"
        else:
            assert (reason in done.stderr, done.stdout) == (True, ""), done.output


def test_keys_from_their_address(files: Files, api: FakeApi) -> None:
    keys = {"keys": [Signer("newer", Ed25519PrivateKey.generate()).public, files.signer.public]}
    api.on("GET /.well-known/munadi-keys.json", keys)
    assert files.verify(files.signer.sign(), keys=URL).exit_code == 0
    elsewhere = files.verify(files.signer.sign(), keys="https://elsewhere.example/.well-known/munadi-keys.json")
    assert elsewhere.exit_code == 1
    assert f"states that {ISSUER} issued it, and these keys are from https://elsewhere.example" in elsewhere.stderr
    api.on("GET /.well-known/munadi-keys.json", httpx.Response(502))
    away = files.verify(files.signer.sign(), keys=URL)
    assert (away.exit_code, "answered 502" in away.stderr) == (3, True)
    api.on("GET /.well-known/munadi-keys.json", httpx.ConnectError("refused"))
    assert files.verify(files.signer.sign(), keys=URL).exit_code == 3


@pytest.mark.parametrize("keys", ["", "no JSON", "[]", "{}", '{"keys": []}', '{"keys": [{"kty": "oct", "k": "AAAA"}]}'])
def test_what_are_no_keys_is_said(files: Files, keys: str) -> None:
    (files.folder / "keys.json").write_text(keys)
    done = files.verify(files.signer.sign())
    assert done.exit_code in (1, 2), done.output
    assert "keys" in done.stderr
    assert "Traceback" not in done.output


def test_a_file_that_is_not_there_is_named(files: Files, munadi: Callable[..., Result]) -> None:
    done = files.verify(files.signer.sign(), keys=str(files.folder / "absent.json"))
    assert (done.exit_code, "the keys cannot be read from" in done.stderr) == (2, True)
    done = munadi("receipts", "verify", "absent.jws", "--keys", str(files.folder / "keys.json"))
    assert (done.exit_code, "the receipt cannot be read from absent.jws" in done.stderr) == (2, True)


def test_a_receipt_is_printed_alone_so_that_it_can_be_saved(munadi: Callable[..., Result], api: FakeApi) -> None:
    receipt = "e" * 2_000
    api.on("GET /v1/publications/pub_1/receipt", {"receipt": receipt, "claims": CLAIMS})
    done = munadi("publications", "receipt", "pub_1", "--api-key", "mnd_k")
    assert (done.exit_code, done.stdout) == (0, f"{receipt}\n")


def test_processes_that_rotate_the_key_at_once_leave_one_that_signs(tmp_path: Path) -> None:
    environment = {
        "MUNADI_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'munadi.db'}",
        "MUNADI_DATA_DIR": str(tmp_path),
        "MUNADI_SECRET_KEYS": create_key(),
        "PATH": "/usr/bin:/bin",
    }
    program = [sys.executable, "-m", "munadi.cli"]
    subprocess.run([*program, "db", "upgrade"], env=environment, check=True, capture_output=True, timeout=60)
    command = [*program, "keys", "rotate-receipt-key", "--json"]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    made = [json.loads(process.communicate(timeout=60)[0])["kid"] for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    again = subprocess.run(command, env=environment, check=True, capture_output=True, timeout=60)
    assert json.loads(again.stdout)["kid"] not in made
