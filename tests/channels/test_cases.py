"""Every case of every network (`cases/`), and what holds for every preparation, whatever it uploads."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

from munadi.domain.publication import Preparation
from munadi.ports import PublicationDraft
from tests.channels import cases
from tests.channels.calls import Saved
from tests.channels.case import Case, Net
from tests.channels.case_run import run, until_ready
from tests.channels.making import Bench

MODULES = [import_module(f"{cases.__name__}.{found.name}") for found in iter_modules(cases.__path__)]
CASES = [(f"{case.net.name}: {name}", case) for module in MODULES for name, case in module.CASES.items()]
# A preparation, and the saved states after which its upload begins again, as nothing of it can be continued.
PREPARATIONS: list[tuple[Net, PublicationDraft, set[int]]] = [
    row for module in MODULES for row in getattr(module, "PREPARATIONS", ())
]
preparations = pytest.mark.parametrize(
    ("net", "draft", "restarts"), PREPARATIONS, ids=[f"{net.name} {draft.text}" for net, draft, _ in PREPARATIONS]
)


@pytest.mark.parametrize("case", [case for _, case in CASES], ids=[name for name, _ in CASES])
async def test_a_case(case: Case) -> None:
    await run(case)


class Watched(Saved):
    """Counts the requests that were made before each state was saved."""

    def __init__(self, built: Bench) -> None:
        super().__init__()
        self.built, self.marks = built, list[int]()

    async def write(self, handle: Preparation) -> None:
        await super().write(handle)
        self.marks.append(len(self.built.network.mutations))


def made(built: Bench) -> list[str]:
    return [f"{one.method} {one.url.path}" for one in built.network.mutations]


@preparations
async def test_a_preparation_continues_from_every_saved_state(
    net: Net, draft: PublicationDraft, restarts: set[int]
) -> None:
    with net.patched():
        whole = net.bench()
        saved = Watched(whole)
        await until_ready(whole, draft, net.account, saved)
        for number, (handle, mark) in enumerate(zip(saved.history, saved.marks, strict=True)):
            again, crashed = net.bench(), Saved(handle)
            await until_ready(again, draft, net.account, crashed)
            rest = made(whole)[0 if number in restarts else mark :]
            assert made(again) == rest, (number, handle.state)
            assert crashed.kept.ready


@preparations
async def test_a_lost_answer_at_any_request_of_a_preparation_only_delays_it(
    net: Net, draft: PublicationDraft, restarts: set[int]
) -> None:
    with net.patched():
        whole, saved = net.bench(), Saved()
        await until_ready(whole, draft, net.account, saved)
        for number in range(len(whole.network.requests)):
            again, late = net.bench(), Saved()
            again.network.lost = {number}
            await until_ready(again, draft, net.account, late)
            assert late.kept.ready
            assert len(again.network.requests) <= 2 * len(whole.network.requests) + 1
