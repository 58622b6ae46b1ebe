"""What Munadi needs of its namespace at a Temporal server, and what is missing there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeIndexedValueType, SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

# A new namespace or attribute takes some seconds to reach every part of a server.
PATIENCE, PAUSE = 10.0, 0.5
ATTRIBUTES = "the namespace {} has no search attribute {}: deploy/temporal/namespace.sh makes them"
NAMESPACE = (
    "Temporal at {} has no namespace {}: make it (temporal operator namespace create {}), or set "
    "MUNADI_TEMPORAL__NAMESPACE"
)
Attributes = Sequence[SearchAttributeKey[Any]]
_TYPES = {
    SearchAttributeIndexedValueType.KEYWORD: ("Keyword", IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD),
    SearchAttributeIndexedValueType.KEYWORD_LIST: ("KeywordList", IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST),
}


async def lasting_problem(client: Client, attributes: Attributes, seconds: float = PATIENCE) -> str | None:
    """`namespace_problem` as it is after so many seconds, unless it ends before."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while (problem := await namespace_problem(client, attributes)) is not None and loop.time() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(PAUSE)
    return problem


async def namespace_problem(client: Client, attributes: Attributes) -> str | None:
    """What the namespace lacks, and how to make it; None if nothing, or if this key may not read it.

    RPCError and RuntimeError when the server does not answer.
    """
    named, address = client.namespace, client.service_client.config.target_host
    try:
        await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=named))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return NAMESPACE.format(address, named, named)
        if error.status is not RPCStatusCode.PERMISSION_DENIED:
            raise
    missing = await _missing(client, attributes)
    return ATTRIBUTES.format(named, ", ".join(missing)) if missing else None


async def _missing(client: Client, attributes: Attributes) -> list[str]:
    try:
        request = ListSearchAttributesRequest(namespace=client.namespace)
        found = (await client.operator_service.list_search_attributes(request)).custom_attributes
    except RPCError as error:
        if error.status in (RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED):
            return []
        raise
    wanted = {each.name: _TYPES[each.indexed_value_type] for each in attributes}
    return [f"{name} ({words})" for name, (words, kind) in wanted.items() if found.get(name) != kind]
