"""The worker deployment of Temporal: which version of the workers gets work."""

from __future__ import annotations

from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from munadi.process.temporal_namespace import once_known

# A worker that has just started takes some seconds to be known.
PATIENCE = 30.0
_NOT_YET = (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION)


async def current_build(client: Client, deployment: str) -> str | None:
    """The build that gets work; None if there is none, or no worker of the deployment was ever there."""
    request = DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=deployment)
    try:
        found = await client.workflow_service.describe_worker_deployment(request)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return found.worker_deployment_info.routing_config.current_deployment_version.build_id or None


async def set_current_build(client: Client, deployment: str, build: str, seconds: float = PATIENCE) -> str | None:
    """Give all work to this build; the one before, if there was one. Waits until its workers ask for work.

    RPCError (NOT_FOUND, FAILED_PRECONDITION) if they do not.
    """
    before = await current_build(client, deployment)
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=deployment, build_id=build, identity="munadi temporal set-current"
    )
    await once_known(lambda: client.workflow_service.set_worker_deployment_current_version(request), seconds, _NOT_YET)
    return before
