"""Shell completion: one command installs it, and it offers commands, options and values."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.harness.stack import MUNADI


def _completed(words: str, folder: Path) -> list[str]:
    """What bash would offer at the end of these words, by the protocol of the script that is installed."""
    given = words.split(" ")
    env = {
        **os.environ,
        "HOME": str(folder),
        "_MUNADI_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(given) - 1),
    }
    run = subprocess.run([MUNADI], env=env, capture_output=True, text=True, timeout=60)
    return run.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("munadi con", {"contents"}),
        ("munadi contents re", {"reschedule", "retry"}),
        ("munadi contents list --status par", {"partially_published"}),
        ("munadi channels describe b", {"bluesky"}),
        ("munadi keys create --scope drafts:", {"drafts:write"}),
        (
            "munadi keys create --scope contents:",
            {"contents:read", "contents:propose", "contents:approve", "contents:write", "contents:withdraw"},
        ),
        ("munadi webhooks replay x --type account.e", {"account.expiring"}),
        ("munadi contents reschedule x --fold l", {"later"}),
    ],
)
def test_commands_options_and_values_are_offered(words: str, offered: set[str], tmp_path: Path) -> None:
    assert set(_completed(words, tmp_path)) == offered


def test_completion_is_installed_for_the_current_shell(tmp_path: Path) -> None:
    env = {**os.environ, "HOME": str(tmp_path), "PATH": f"{MUNADI.parent}:{os.environ['PATH']}"}
    script = "munadi --install-completion; echo done"
    installed = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, timeout=60)
    assert "bash completion installed" in installed.stdout, installed.stdout + installed.stderr
    bashrc = (tmp_path / ".bashrc").read_text()
    assert "munadi" in bashrc
    use = "source ~/.bashrc; COMP_WORDS=(munadi contents pub); COMP_CWORD=2; _munadi_completion munadi; "
    offered = subprocess.run(
        ["bash", "-c", use + 'echo "${COMPREPLY[@]}"'], env=env, capture_output=True, text=True, timeout=60
    )
    assert offered.stdout.split() == ["publish", "publish-now"]
