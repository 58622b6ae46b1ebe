"""The code of docs/receiving-webhooks.md as programs: each reads requests, one JSON object a line, and judges them."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "receiving-webhooks.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)

# What a snippet leaves to its reader: read a request, call the function, print `accepted` or `refused`.
_PYTHON = """
import base64, json, sys
for line in sys.stdin:
    case = json.loads(line)
    try:
        verified(case["secret"], case["headers"], base64.b64decode(case["body"]))
        print("accepted")
    except PermissionError:
        print("refused")
"""
_NODE = """
import { createInterface } from "node:readline";
for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  try { verified(secret, headers, Buffer.from(body, "base64")); console.log("accepted"); }
  catch { console.log("refused"); }
}
"""
_PHP = """
while (($line = fgets(STDIN)) !== false) {
    $case = json_decode($line, true);
    try { verified($case['secret'], $case['headers'], base64_decode($case['body'])); echo "accepted\\n"; }
    catch (RuntimeException $error) { echo "refused\\n"; }
}
"""
_GO = """package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"
)

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		var each struct { Secret string; Headers map[string]string; Body []byte }
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil { panic(err) }
		headers := http.Header{}
		for name, value := range each.Headers { headers.Set(name, value) }
		if verify(each.Secret, headers, each.Body, 5*time.Minute) == nil {
			fmt.Println("accepted")
		} else {
			fmt.Println("refused")
		}
	}
}
"""


@dataclass(frozen=True)
class Request:
    """A request as a receiver gets it."""

    secret: str
    headers: dict[str, str]
    body: bytes

    @property
    def line(self) -> str:
        """As the programs read it."""
        return json.dumps(vars(self) | {"body": base64.b64encode(self.body).decode()})


def blocks(language: str) -> list[str]:
    """The page's code in that language."""
    return [code for name, code in _BLOCK.findall(PAGE.read_text()) if name == language]


def program(language: str, folder: Path) -> list[str]:
    """The command that runs a snippet of the page: `python` and `standard library` are its two in Python."""
    if language in ("python", "standard library"):
        code = blocks("python")[language == "standard library"]
        return [sys.executable, "-c", code + _PYTHON]
    if language == "node":
        return ["node", str(_written(folder / "receive.mjs", blocks("js")[0] + _NODE))]
    if language == "php":
        return ["php", str(_written(folder / "receive.php", blocks("php")[0] + _PHP))]
    sources = [_written(folder / "verify.go", blocks("go")[0]), _written(folder / "main.go", _GO)]
    build = ["go", "build", "-o", str(folder / "receive"), *map(str, sources)]
    subprocess.run(build, env=_environment(), check=True, cwd=folder, capture_output=True)
    return [str(folder / "receive")]


def judged(command: list[str], requests: list[Request], folder: Path) -> list[str]:
    """What a program says about each request."""
    done = subprocess.run(
        command,
        input="".join(each.line + "\n" for each in requests),
        env=_environment(),
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def _environment() -> dict[str, str]:
    """Ours, with what Go needs to build by itself: no module, no other version of Go, and its library built once."""
    go = {
        "GOCACHE": str(ROOT / ".cache" / "go-build"),
        "GO111MODULE": "off",
        "GOTOOLCHAIN": "local",
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    return {**os.environ, **go, "PYTHONPATH": str(ROOT)}


def _written(path: Path, code: str) -> Path:
    path.write_text(code)
    return path
