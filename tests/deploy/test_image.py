"""The image's build, its steps run here in a folder: no container engine runs where the tests do."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from tests.architecture.tree import ROOT, text
from tests.e2e.test_typescript_sdk import run

STEP = re.compile(r"^(COPY|RUN) (.+)$", re.MULTILINE)
UV = ROOT / ".cache" / "uv"


def test_the_builds_steps_make_a_munadi_that_starts(tmp_path: Path) -> None:
    _head, build, _image = text("Dockerfile").split("\nFROM ")
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "uv").symlink_to(UV)  # which saves a download
    for step, words in STEP.findall(build):
        if step == "RUN":
            run("bash", "-c", words, cwd=tmp_path)
        else:
            source, target = words.split()
            place = tmp_path / target / (Path(source).name if target.endswith("/") else "")
            copy(ROOT / source, place)
    assert not (tmp_path / ".cache").exists()
    assert (tmp_path / "api" / "__pycache__").is_dir()
    outside = {"PATH": f"{tmp_path / '.venv' / 'bin'}:{os.environ['PATH']}"}
    assert run("munadi", "--version", cwd=tmp_path.parent, env=outside).startswith("munadi ")
    found = run(
        "python",
        "-P",
        "-c",
        "import api.app, worker.compose; print(worker.__path__[0])",
        cwd=tmp_path.parent,
        env=outside,
    )
    assert found == f"{tmp_path / 'worker'}\n"


def copy(source: Path, target: Path) -> None:
    """As COPY does with our .dockerignore: a file, or a folder without caches."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
