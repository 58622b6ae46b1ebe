"""`python -m tools.attacks [--checkout DIR] [--only NAME]… [--json FILE]`: measure every attack, one at a time.

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

from tools.attacks import (
    row_bodies,
    row_connecting,
    row_endpoints,
    row_forms,
    row_interim,
    row_lists,
    row_long_answers,
    row_media,
    row_names,
    row_pages,
    row_places,
    row_servers,
    row_small,
    row_tarpits,
    row_texts,
    row_webhooks,
)
from tools.attacks.run import measure

ROOT = Path(__file__).parents[2]
ROWS = (
    row_webhooks,
    row_bodies,
    row_servers,
    row_texts,
    row_media,
    row_pages,
    row_forms,
    row_names,
    row_tarpits,
    row_long_answers,
    row_interim,
    row_endpoints,
    row_places,
    row_connecting,
    row_small,
    row_lists,
)
ATTACKS = sorted((attack for row in ROWS for attack in row.ATTACKS), key=lambda attack: int(attack.row))
# What was known of a whole file of figures, before each figure had its own.
OF_RUN = ("commit", "at", "machine", "note")


def main(arguments: list[str]) -> int:
    """Measure and print; write the figures after each attack, so that an interruption loses nothing."""
    given = _parser().parse_args(arguments)
    # SIGTERM stops the stack too.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))
    chosen = [one for one in ATTACKS if not given.only or one.name in given.only or one.row in given.only]
    if not chosen:
        print("no such attack; there are: " + ", ".join(f"{one.row} {one.name}" for one in ATTACKS), file=sys.stderr)
        return 2
    results, failed = _stored(given.json), False
    for attack in chosen:
        print(f"{attack.row} {attack.name}: {attack.what}", flush=True)
        load = os.getloadavg()[0]
        result = _of_run(given.checkout, given.note, load) | measure(given.checkout.resolve(), attack)
        _show(result)
        failed |= bool(result["failures"])
        results[:] = sorted(
            [one for one in results if one["name"] != attack.name] + [result], key=lambda one: int(one["row"])
        )
        if given.json:
            given.json.write_text(json.dumps({"attacks": results}, indent=1) + "\n")
    return int(failed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.attacks")
    parser.add_argument("--checkout", "--tree", type=Path, default=ROOT, help="a folder with Munadi and its .venv")
    parser.add_argument("--only", action="append", default=[], help="name or row of an attack; may be repeated")
    parser.add_argument("--json", type=Path, help="file of the figures; it keeps those of other attacks")
    parser.add_argument("--note", default="", help="what a reader should know of this run")
    return parser


def _stored(file: Path | None) -> list[dict[str, Any]]:
    if not file or not file.exists():
        return []
    found = json.loads(file.read_text())
    of_file = {name: found[name] for name in OF_RUN if name in found}
    return [of_file | one for one in found["attacks"]]


def _of_run(checkout: Path, note: str, load: float) -> dict[str, Any]:
    """Which code a figure is of, and what else the machine did."""
    command = ["git", "-C", str(checkout), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "commit": commit or "–",
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}",
        "load": round(load, 1),
        "note": note,
    }


def _show(result: dict[str, Any]) -> None:
    for one in result.get("figures", []):
        limit = "" if one["at_most"] is None else f" (at most {one['at_most']}{'' if one['met'] else ', NOT MET'})"
        print(f"    {one['name']}: {one['value']} {one['unit']}{limit}")
    for name in ("alone", "beside"):
        if name in result:
            felt = result[name]
            calls = ", ".join(
                f"{what} p50 {felt[what]['p50']:.3f} p95 {felt[what]['p95']:.3f} longest {felt[what]['longest']:.3f} s"
                for what in ("accepts", "webhooks", "uploads")
            )
            print(f"    {name}: late p50 {felt['p50']:.3f} p95 {felt['p95']:.3f} s of {felt['count']}, {calls}")
            print(f"    {name}: shares of a core {felt['cores']}")
    print(f"    {result.get('error') or result['failures'] or 'withstood'}  ({result['took_s']} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
