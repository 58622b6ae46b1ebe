import type { IDataObject, IHookFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { list, request } from '../api';

const ENDPOINTS = '/v1/webhooks/endpoints';

/** Whether the endpoint of the last activation is still there and as the node wants it. */
export async function endpointExists(this: IHookFunctions): Promise<boolean> {
	const { endpointId, secret } = this.getWorkflowStaticData('node');
	if (!endpointId || !secret) return false;
	const path = `${ENDPOINTS}/${String(endpointId)}`;
	const endpoint = (await request.call(this, 'GET', path, { mayBeAbsent: true })) as IDataObject | null;
	if (endpoint === null) return false;
	const wanted = wish.call(this);
	if (Object.entries(wanted).some(([name, value]) => comparable(endpoint[name]) !== comparable(value))) return false;
	// Munadi disables what failed for five days. Enabled again it gets what it missed; a new endpoint would not.
	if (endpoint.enabled !== true) await request.call(this, 'PATCH', path, { body: { enabled: true } });
	return true;
}

/** Make the endpoint, and keep its secret, which is shown this once. */
export async function createEndpoint(this: IHookFunctions): Promise<boolean> {
	const wanted = wish.call(this);
	// The address belongs to this node alone: what stands there is an earlier endpoint, whose answer or secret was lost.
	const stale = (await list.call(this, ENDPOINTS)).filter(({ url }) => url === wanted.url);
	for (const { id } of stale) await remove.call(this, String(id));
	await deleteEndpoint.call(this);
	const description = `n8n: ${String(this.getWorkflow().name ?? 'workflow')}`.slice(0, 500);
	const made = (await request.call(this, 'POST', ENDPOINTS, { body: { ...wanted, description } })) as IDataObject;
	Object.assign(this.getWorkflowStaticData('node'), { endpointId: made.id, secret: made.secret });
	return true;
}

export async function deleteEndpoint(this: IHookFunctions): Promise<boolean> {
	const kept = this.getWorkflowStaticData('node');
	if (kept.endpointId) await remove.call(this, String(kept.endpointId));
	delete kept.endpointId;
	delete kept.secret;
	return true;
}

async function remove(this: IHookFunctions, id: string): Promise<void> {
	await request.call(this, 'DELETE', `${ENDPOINTS}/${id}`, { mayBeAbsent: true });
}

function wish(this: IHookFunctions): IDataObject {
	const url = this.getNodeWebhookUrl('default');
	if (!url) throw new NodeOperationError(this.getNode(), 'n8n has no webhook address for this node');
	return {
		url,
		brandRef: (this.getNodeParameter('brandRef', '') as string) || null,
		types: this.getNodeParameter('events', []) as string[],
		payload: this.getNodeParameter('payload', 'full') as string,
	};
}

/** Lists are sets here. */
function comparable(value: unknown): string {
	return JSON.stringify(Array.isArray(value) ? [...value].sort() : value);
}
