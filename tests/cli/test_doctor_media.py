"""`munadi doctor` beside a bucket that does not work: which setting is wrong, what to do, and no key in the output."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import Result

from tests.cli.conftest import FakeApi, Munadi
from tests.cli.test_doctor import _well
from tests.support.ports import free_port
from tests.support.s3 import S3Server, make_keys

ALL = ("s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:ListBucket")


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[S3Server, dict[str, dict[str, str]]]]:
    """A server that takes these keys only."""
    with S3Server(tmp_path_factory.mktemp("s3")) as s3:
        s3.make_bucket("media")
        keys = {"good": make_keys(s3, *ALL), "reader": make_keys(s3, "s3:GetObject", "s3:ListBucket")}
        keys["stranger"] = {"access_key": "AKIANOBODY", "secret_key": "hunter2-hunter2"}
        keys["mixed"] = keys["good"] | {"secret_key": "hunter2-hunter2"}
        s3.demand_keys()
        yield s3, keys


@pytest.fixture
def ask(
    munadi: Munadi, api: FakeApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[[dict[str, str]], tuple[Result, dict[str, dict[str, str]]]]:
    """`ask({"url": …})` → the command's result and its checks by name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUNADI_API_KEY", "mnd_k")

    def run(media: dict[str, str]) -> tuple[Result, dict[str, dict[str, str]]]:
        for name, value in media.items():
            monkeypatch.setenv(f"MUNADI_MEDIA__{name.upper()}", value)
        _well(api)  # its clock is right when it is asked, however slow the test is
        result = munadi("doctor", "--json")
        return result, {check["name"]: check for check in json.loads(result.stdout)["checks"]}

    return run


@pytest.mark.parametrize(
    ("who", "bucket", "expected"),
    [
        ("stranger", "media", ("MUNADI_MEDIA__ACCESS_KEY", "does not know this access key")),
        ("mixed", "media", ("MUNADI_MEDIA__", "_KEY")),
        ("reader", "media", ("MUNADI_MEDIA__ACCESS_KEY", "may not read, write, list and delete")),
        ("good", "nobodys", ("MUNADI_MEDIA__URL", "no such bucket")),
    ],
)
def test_a_bucket_that_refuses_is_reported(ask, strict, who: str, bucket: str, expected: tuple[str, ...]) -> None:
    s3, keys = strict
    result, checks = ask({"url": f"s3://{bucket}/p", "endpoint": s3.url, **keys[who]})
    assert (result.exit_code, checks["settings"]["ok"]) == (1, False)
    for words in expected:
        assert words in checks["settings"]["message"]
    assert checks["settings"]["advice"]
    assert keys[who]["secret_key"] not in result.output


def test_a_bucket_that_works(ask, strict) -> None:
    s3, keys = strict
    result, checks = ask({"url": "s3://media/p", "endpoint": s3.url, **keys["good"]})
    assert (result.exit_code, checks["media"]["ok"]) == (0, True), result.output


def test_an_unreachable_endpoint_is_an_outage(ask, strict) -> None:
    _, keys = strict
    result, checks = ask({"url": "s3://media/p", "endpoint": f"http://127.0.0.1:{free_port()}", **keys["good"]})
    assert (result.exit_code, checks["media"]["ok"]) == (1, False)
    assert "does not answer" in checks["media"]["message"]
    assert "MUNADI_MEDIA__" in checks["media"]["advice"]
    assert keys["good"]["secret_key"] not in result.output
