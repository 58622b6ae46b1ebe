"""`make sbom`: dist/sbom.cdx.json, a CycloneDX 1.6 document of everything that requirements.lock pins.

It is computed from the lock alone, so that it needs no network and is the same on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from munadi import __version__
from scripts.lockfile import LOCK, Pin, read_lock

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "dist" / "sbom.cdx.json"


def sbom(pins: Sequence[Pin], name: str, version: str) -> dict[str, Any]:
    """The document. Its serial number is that of its content."""
    components = [_component(pin) for pin in pins]
    own = _reference(name, version)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps([own, components]))}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": own, "name": name, "version": version, "purl": own}
        },
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": [component["bom-ref"] for component in components]}],
    }


def _component(pin: Pin) -> dict[str, Any]:
    reference = _reference(pin.name, pin.version)
    needed = [{"name": "munadi:marker", "value": pin.marker}] if pin.marker else []
    # One package has many files (a wheel per platform), and a component's own hashes are those of one file.
    hashes = [{"name": "munadi:sha256", "value": digest} for digest in pin.hashes]
    return {
        "type": "library",
        "bom-ref": reference,
        "name": pin.name,
        "version": pin.version,
        "purl": reference,
        "properties": [*needed, *hashes],
    }


def _reference(name: str, version: str) -> str:
    return f"pkg:pypi/{quote(name)}@{quote(version)}"


def main() -> None:
    """Write the document."""
    pins = read_lock(LOCK.read_text())
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(json.dumps(sbom(pins, "munadi", __version__), indent=1) + "\n")
    print(f"wrote {TARGET.relative_to(ROOT)}: {len(pins)} packages")


if __name__ == "__main__":
    main()
