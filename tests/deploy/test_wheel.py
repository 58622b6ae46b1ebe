"""The built package contains the pages that it serves."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from api.documentation import HERE
from api.documentation.folder import FOLDER, INSTALLED, files
from api.languages.catalogue import CATALOGUES
from tests.architecture.tree import ROOT, text


def test_the_built_package_has_the_documentation_and_the_catalogues(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    where = INSTALLED.relative_to(ROOT).as_posix()
    assert {f"{where}/{name}" for name in files()} <= names
    ours = {path.relative_to(ROOT).as_posix() for path in HERE.rglob("*") if path.suffix in (".html", ".css", ".py")}
    assert ours <= names
    assert {path.relative_to(ROOT).as_posix() for path in CATALOGUES.glob("*.po")} <= names
    assert not [name for name in names if name.startswith("docs/")]


def test_the_image_is_given_the_documentation() -> None:
    folder = FOLDER.relative_to(ROOT).as_posix()
    assert f"COPY {folder} {folder}\n" in text("Dockerfile")
    assert f"!{folder}\n" in text(".dockerignore")
