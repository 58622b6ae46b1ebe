"""`python -m tests.attacks [--checkout DIR] [--only NAME]… [--json FILE]`: measure every attack, one at a time.

Exit code 0 when every figure is within its limit, 1 when one is not. `--note` is stored with the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.attacks import row_bodies, row_media, row_pages, row_servers, row_texts, row_webhooks
from tests.attacks.run import measure

ROOT = Path(__file__).parents[2]
ROWS = (row_webhooks, row_bodies, row_servers, row_texts, row_media, row_pages)
ATTACKS = sorted((attack for row in ROWS for attack in row.ATTACKS), key=lambda attack: int(attack.row))


def main(arguments: list[str]) -> int:
    """Measure and print; write the figures after each attack, so that an interruption loses nothing."""
    given = _parser().parse_args(arguments)
    # SIGTERM stops the stack too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    chosen = [one for one in ATTACKS if not given.only or one.name in given.only or one.row in given.only]
    if not chosen:
        print("no such attack; there are: " + ", ".join(f"{one.row} {one.name}" for one in ATTACKS), file=sys.stderr)
        return 2
    results = _stored(given.json)
    found = {**_where(given.checkout, given.note), "attacks": results}
    failed = False
    for attack in chosen:
        print(f"{attack.row} {attack.name}: {attack.what}", flush=True)
        result = measure(given.checkout.resolve(), attack)
        _show(result)
        failed |= bool(result["failures"])
        results[:] = sorted(
            [one for one in results if one["name"] != attack.name] + [result], key=lambda one: int(one["row"])
        )
        if given.json:
            given.json.write_text(json.dumps(found, indent=1) + "\n")
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="a folder with Munadi and its .venv")
    parser.add_argument("--only", action="append", default=[], help="name or row of an attack; may be repeated")
    parser.add_argument("--json", type=Path, help="file of the figures; it keeps those of other attacks")
    parser.add_argument("--note", default="", help="what a reader should know of this run")
    return parser


def _stored(file: Path | None) -> list[dict[str, Any]]:
    return list(json.loads(file.read_text())["attacks"]) if file and file.exists() else []


def _where(checkout: Path, note: str) -> dict[str, Any]:
    command = ["git", "-C", checkout, "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "commit": commit or "–",
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "note": note,
    }


def _show(result: dict[str, Any]) -> None:
    for one in result.get("figures", []):
        limit = "" if one["at_most"] is None else f" (at most {one['at_most']}{'' if one['met'] else ', NOT MET'})"
        print(f"    {one['name']}: {one['value']} {one['unit']}{limit}")
    for name in ("alone", "beside"):
        if name in result:
            late = result[name]
            print(f"    lateness {name}: p50 {late['p50']:.2f} s, p95 {late['p95']:.2f} s of {late['count']}")
    print(f"    {result.get('error') or result['failures'] or 'withstood'}  ({result['took_s']} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
