"""An independent S3 server (moto), a process on loopback: `with S3Server(folder) as s3: s3.make_bucket("b")`."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import boto3
import httpx

from tests.support.ports import LOOPBACK, free_port
from tests.support.processes import Process

SERVER = Path(sys.executable).parent / "moto_server"


class S3Server:
    """Accepts every key until `demand_keys`, then those of `make_keys`. Its objects are gone when it ends."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        argv = [SERVER, "-H", LOOPBACK, "-p", str(self.port)]
        # Without a key of its own the server's library would search for one in the cloud.
        keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
        self.process = Process(argv, log=folder / "s3.log", env=keys)

    def make_bucket(self, name: str) -> str:
        """Its URL for the settings."""
        httpx.put(f"{self.url}/{name}").raise_for_status()
        return f"s3://{name}"

    def uploads(self, bucket: str) -> str:
        """The uploads in parts that have not ended, as the server lists them."""
        return httpx.get(f"{self.url}/{bucket}?uploads").raise_for_status().text

    def objects(self, bucket: str) -> list[str]:
        """Every key."""
        text = httpx.get(f"{self.url}/{bucket}?list-type=2").raise_for_status().text
        return [part.partition("</Key>")[0] for part in text.split("<Key>")[1:]]

    def demand_keys(self) -> None:
        """From now on only the keys that were made are accepted."""
        httpx.post(f"{self.url}/moto-api/reset-auth", content=b"0").raise_for_status()

    def restart(self) -> None:
        """Start it again at its address after `process.kill()`, empty."""
        self.process.start()
        self.process.wait_for_port(self.port)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stopped (SIGSTOP): its port is open and it is silent. It continues afterwards."""
        self.process.send(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send(signal.SIGCONT)

    def __enter__(self) -> Self:
        self.process.__enter__()
        self.process.wait_for_port(self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.__exit__(None, None, None)


def make_keys(s3: S3Server, *actions: str) -> dict[str, str]:
    """Keys of a new user who may do `actions` (`s3:PutObject`), as settings of the store."""
    client = boto3.client(
        "iam", endpoint_url=s3.url, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    name = f"user-{len(client.list_users()['Users'])}"
    client.create_user(UserName=name)
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    client.put_user_policy(UserName=name, PolicyName="media", PolicyDocument=policy)
    made = client.create_access_key(UserName=name)["AccessKey"]
    return {"access_key": made["AccessKeyId"], "secret_key": made["SecretAccessKey"]}
