"""No committed file names the machine it was written on, or the registry its packages came from."""

import re
import sys
from pathlib import Path

from tests.architecture.tree import ROOT, files, report, text

# Split, so that this file does not name them either.
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("registry", "yarnpkg", "com"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("registry-1", "docker", "io"),
    )
]
REGISTRY_WORDS = re.compile("|".join(re.escape(host) for host in REGISTRIES))
REGISTRY_SETTING = re.compile(r"(--(extra-)?index-url|--registry|--find-links)[ =]+\S*://|^\s*\"resolved\":", re.M)
HOMES = re.compile(r"(?<![\w.-])/(home|Users)/(?!(app|user|you|munadi)\b)\w+|(?<![\w./-])/root/\w+")
BINARY = (".png", ".jpg", ".jpeg", ".gif", ".ico", ".mp4", ".woff2", ".webp")


def test_no_machine_path_is_committed() -> None:
    here = [re.escape(str(path)) for path in _places() if len(path.parts) > 2]
    patterns = [HOMES, *([re.compile(rf"(?<![\w./-])({'|'.join(here)})(?![\w-])")] if here else [])]
    found = [hit for pattern in patterns for hit in _hits(pattern)]
    report(found, "Use a relative path, a setting, or a path computed from the file's own place.")


def test_no_package_registry_is_committed() -> None:
    found = [hit for pattern in (REGISTRY_WORDS, REGISTRY_SETTING) for hit in _hits(pattern)]
    report(found, "Name the package only; where it comes from is the business of the machine that installs it.")


def _places() -> set[Path]:
    return {ROOT, Path.home(), Path(sys.prefix), Path(sys.base_prefix)}


def _hits(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for name in files():
        if name.endswith(BINARY):
            continue
        content = text(name)
        found += [
            f"{name}:{content.count(chr(10), 0, hit.start()) + 1} {hit.group()[:60]}"
            for hit in pattern.finditer(content)
        ]
    return found
