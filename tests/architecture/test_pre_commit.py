"""The hooks before a commit work offline: they are local, and run the tools that `make check` runs."""

import re

import yaml

from tests.architecture.tree import ROOT, text

HOOKS = [
    (repository["repo"], hook)
    for repository in yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    for hook in repository["hooks"]
]


def test_every_hook_is_local_and_exists() -> None:
    for repository, hook in HOOKS:
        assert (repository, hook["language"]) == ("local", "system"), hook["id"]
        assert (ROOT / hook["entry"].split()[0]).exists(), hook["entry"]


def test_the_hooks_run_what_make_check_runs() -> None:
    [recipe] = re.findall(r"^check:.*\n((?:\t.*\n)+)", text("Makefile"), re.M)
    wanted = {line.split()[0].removeprefix("$(BIN)/") for line in recipe.splitlines()}
    assert {hook["entry"].split()[0].removeprefix(".venv/bin/") for _, hook in HOOKS} == wanted
