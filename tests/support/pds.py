"""A real Bluesky PDS with its own PLC directory, from npm: `with RealPDS(["alice"]) as pds: …`.

`python -m tests.support.pds` installs its Node packages; the test set-up calls that.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from tests.support.node import install_packages
from tests.support.processes import Process

FOLDER = Path(__file__).resolve().parent.parent / "pds"


class PDSAccount(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    did: str
    handle: str
    password: str
    app_password: str


class PDSAddresses(BaseModel):
    """What start.mjs prints once it is ready."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    pds: str
    plc: str
    accounts: list[PDSAccount]


class RealPDS:
    """`url`, `plc_url`, `accounts`: available once started."""

    def __init__(self, names: list[str]) -> None:
        """One account per name. The PDS's own rate limits are off."""
        self._folder = Path(tempfile.mkdtemp(prefix="munadi-pds-"))
        config = {"dataDir": str(self._folder / "data"), "accounts": names, "rateLimits": False}
        self._addresses: PDSAddresses | None = None
        self.process = Process(
            ["node", FOLDER / "start.mjs"],
            log=self._folder / "pds.log",
            env={"PDS_CONFIG": json.dumps(config)},
            cwd=FOLDER,
            keep_stdin=True,
        )

    @property
    def url(self) -> str:
        return self._known.pds

    @property
    def plc_url(self) -> str:
        return self._known.plc

    @property
    def accounts(self) -> list[PDSAccount]:
        return self._known.accounts

    def start(self) -> Self:
        install_packages(FOLDER)
        (self._folder / "data").mkdir(exist_ok=True)
        self.process.start()
        line = self.process.wait_for_line(r'^\{"pds":.*\}$', within=60)
        self._addresses = PDSAddresses.model_validate_json(line.group())
        return self

    def stop(self) -> None:
        self.process.terminate()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _known(self) -> PDSAddresses:
        assert self._addresses is not None, "not started"
        return self._addresses

    def __enter__(self) -> Self:
        try:
            return self.start()
        except BaseException:
            if self.process.running:
                self.process.kill()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()


if __name__ == "__main__":
    install_packages(FOLDER)
