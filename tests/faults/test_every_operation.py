"""Every operation of the served document × no key, malformed, unknown, revoked, expired,
each scope alone, the brand's own key, and a foreign brand's. Operations come from what is served."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from munadi.domain.key import KeyKind, Scope, write_key
from tests.api.operations import ID_PREFIXES, OPERATIONS, PUBLIC, Foreign, Operation
from tests.faults.evidence import prove
from tests.faults.things import things
from tests.harness.stack import Stack

METHODS = {"get", "post", "put", "patch", "delete"}
pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@dataclass
class Matrix:
    """The calls that were made, and what was wrong with their answers. `own`: one thing of each kind of `acme`'s."""

    api: httpx.AsyncClient
    own: dict[str, str]
    calls: int = 0
    failures: list[str] = field(default_factory=list)

    async def call(self, operation: Operation, key: str, names: dict[str, str]) -> httpx.Response:
        """One call, with these names in the address."""
        headers = {**(operation.headers or {}), "authorization": f"Bearer {key}" if key else ""}
        # Only some networks know apps.
        channel = "x" if "/apps" in operation.path else "bluesky"
        path = operation.path.format(**({"ref": "acme", "channel": channel} | names)) + operation.query
        self.calls += 1
        return await self.api.request(operation.method, path, json=operation.body, headers=headers)

    def expect(self, operation: Operation, case: str, answer: httpx.Response, *wanted: tuple[int, str]) -> None:
        """One of these statuses and codes, as a problem document."""
        kind = answer.headers.get("content-type", "")
        found = (answer.status_code, answer.json().get("code", "") if kind.startswith("application/problem") else kind)
        if found not in wanted:
            self.failures.append(f"{operation}, {case}: {found}, not {wanted}")

    async def key(self, *scopes: str, brand: str | None = "acme", **fields: Any) -> tuple[str, str]:
        """Id and text of a new key."""
        body = {"name": uuid4().hex, "scopes": list(scopes), "brandRef": brand, **fields}
        made = (await self.api.post("/v1/keys", json=body)).json()
        return made["id"], made["key"]


async def test_every_operation_for_every_kind_of_key(tmp_path: Path) -> None:
    env = {"MUNADI_API__WRONG_KEYS_PER_MINUTE": "1000000", "MUNADI_METRICS__PUBLIC": "false"}
    async with Stack(tmp_path, env) as stack, stack.client() as api, stack.sandbox() as sandbox:
        matrix = Matrix(api, await things(api, sandbox))
        document = (await api.get("/openapi.json")).json()
        served = {f"{m.upper()} {path}" for path, methods in document["paths"].items() for m in set(methods) & METHODS}
        assert served == {str(operation) for operation in OPERATIONS} | PUBLIC, "list it in tests/api/operations.py"
        await without_a_key(matrix)
        await each_scope_alone(matrix)
        await own_and_foreign(matrix)
    measured = {"operations": len(OPERATIONS)}
    prove("20", "every operation × every kind of key", trials=matrix.calls, failures=matrix.failures, measured=measured)
    assert matrix.calls > len(OPERATIONS) * 12


async def without_a_key(matrix: Matrix) -> None:
    """No key, and keys that are malformed, unknown, revoked or expired."""
    revoked_id, revoked = await matrix.key("admin")
    assert (await matrix.api.delete(f"/v1/keys/{revoked_id}")).status_code < 300
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    _, expired = await matrix.key("admin", expiresAt=soon)
    _, good = await matrix.key("admin")
    await asyncio.sleep(3.5)  # keys may be cached for a second
    cases = {
        "no key": ("", "KEY_MISSING"),
        "malformed": (good[:-1] + ("A" if good[-1] != "A" else "B"), "KEY_MALFORMED"),
        "unknown": (write_key(KeyKind.ADMIN, "0" * 32), "KEY_UNKNOWN"),
        "revoked": (revoked, "KEY_REVOKED"),
        "expired": (expired, "KEY_EXPIRED"),
    }
    for operation in OPERATIONS:
        for case, (key, code) in cases.items():
            answer = await matrix.call(operation, key, matrix.own)
            matrix.expect(operation, case, answer, (401, code))


async def each_scope_alone(matrix: Matrix) -> None:
    """A key with one scope may call the operations that require it and no others. Ids in the paths are unknown."""
    unknown = {name: f"{prefix.value}_01m8ejxcmxerarazfhwp4p2q3q" for name, prefix in ID_PREFIXES.items()}
    keys = {scope: (await matrix.key(scope.value, brand="rival"))[1] for scope in Scope}
    everywhere = {scope: (await matrix.key(scope.value, brand=None))[1] for scope in (Scope.ADMIN, Scope.BRANDS_WRITE)}
    for operation in OPERATIONS:
        for scope, bound in keys.items():
            # Brands are made and erased by a key of more than one brand.
            is_for_all = operation.foreign is Foreign.OWN or str(operation) == "DELETE /v1/brands/{ref}"
            key = everywhere.get(scope, bound) if is_for_all else bound
            answer = await matrix.call(operation, key, unknown | {"ref": "rival"})
            if scope is Scope.ADMIN or scope in operation.scopes:
                if answer.status_code in (401, 403) or answer.status_code >= 500:
                    matrix.failures.append(f"{operation}, {scope} alone: {answer.status_code}")
            else:
                matrix.expect(operation, f"{scope} alone", answer, (403, "SCOPE_MISSING"))


async def own_and_foreign(matrix: Matrix) -> None:
    """To a foreign key a brand's things do not exist; the brand's own key reads them."""
    for operation in OPERATIONS:
        scopes = [scope.value for scope in operation.scopes]
        _, foreign = await matrix.key(*scopes, brand="rival")
        answer = await matrix.call(operation, foreign, matrix.own)
        if operation.foreign is Foreign.NOT_FOUND:
            matrix.expect(operation, "foreign", answer, (404, "NOT_FOUND"))
        elif any(name in answer.text for name in matrix.own.values()):
            matrix.failures.append(f"{operation}, foreign: the answer names a thing of acme's")
        if operation.foreign is Foreign.NOT_FOUND and operation.method == "GET":
            _, own = await matrix.key(*scopes)
            answer = await matrix.call(operation, own, matrix.own)
            wanted = 422 if operation.path.endswith("/choices") else 200  # the account's network lists no boards
            if answer.status_code != wanted:
                matrix.failures.append(f"{operation}, own: {answer.status_code}")
