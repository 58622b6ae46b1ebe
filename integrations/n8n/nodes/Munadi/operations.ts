import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { list, request } from '../api';
import { keyOf } from './idempotency';
import { fieldsOf, objectOf, timeOf, withMedia, withOffset } from './post';

type Operation = (this: IExecuteFunctions, itemIndex: number) => Promise<IDataObject[]>;

async function publish(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const fields = fieldsOf.call(this, itemIndex);
	const own = this.getNodeParameter('additionalFields.idempotencyKey', itemIndex, '') as string;
	const idempotencyKey = own || keyOf.call(this, itemIndex, fields);
	const body = await withMedia.call(this, itemIndex, fields, idempotencyKey);
	return [await request.call(this, 'POST', '/v1/contents', { body, idempotencyKey, itemIndex }) as IDataObject];
}

async function validate(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const fields = fieldsOf.call(this, itemIndex);
	const body = await withMedia.call(this, itemIndex, fields, keyOf.call(this, itemIndex, fields));
	return [await request.call(this, 'POST', '/v1/contents/validate', { body, itemIndex }) as IDataObject];
}

async function get(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await request.call(this, 'GET', pathOf.call(this, itemIndex), { itemIndex }) as IDataObject];
}

async function getAll(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const filters = this.getNodeParameter('filters', itemIndex, {}) as IDataObject;
	const query = Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== '' && value !== null));
	const all = this.getNodeParameter('returnAll', itemIndex) as boolean;
	const limit = all ? Infinity : (this.getNodeParameter('limit', itemIndex) as number);
	return await list.call(this, '/v1/contents', query, limit);
}

async function cancel(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, 'cancel', {})];
}

async function publishNow(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, 'publish-now', {})];
}

async function reschedule(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, 'reschedule', timeOf.call(this, itemIndex))];
}

async function withdraw(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, 'withdraw', {})];
}

/** A time to end, also of a post that is live; an empty one lets it stay. */
async function setWithdrawAt(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const path = pathOf.call(this, itemIndex);
	const given = this.getNodeParameter('withdrawAt', itemIndex, '') as unknown;
	const withdrawAt = given ? withOffset.call(this, given, itemIndex) : null;
	const { version } = await request.call(this, 'GET', path, { itemIndex }) as IDataObject;
	const headers = { 'if-match': `"${String(version)}"` };
	return [await request.call(this, 'PATCH', path, { body: { withdrawAt }, headers, itemIndex }) as IDataObject];
}

async function getPublication(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await request.call(this, 'GET', publicationOf.call(this, itemIndex), { itemIndex }) as IDataObject];
}

/** What is not among the changes stays. */
async function editPublication(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const { options, ...changes } = this.getNodeParameter('changes', itemIndex, {}) as IDataObject;
	if (options !== undefined) changes.options = objectOf.call(this, options, 'Options', itemIndex);
	return [await act.call(this, itemIndex, 'edit', changes, publicationOf.call(this, itemIndex))];
}

async function withdrawPublication(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, 'withdraw', {}, publicationOf.call(this, itemIndex))];
}

async function getReceipt(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await request.call(this, 'GET', `${publicationOf.call(this, itemIndex)}/receipt`, { itemIndex }) as IDataObject];
}

async function retry(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const given = this.getNodeParameter('publicationIds', itemIndex, '') as string;
	const publicationIds = given.split(',').map((each) => each.trim()).filter((each) => each);
	return [await act.call(this, itemIndex, 'retry', publicationIds.length ? { publicationIds } : {})];
}

async function act(
	this: IExecuteFunctions,
	itemIndex: number,
	verb: string,
	body: IDataObject,
	path = pathOf.call(this, itemIndex),
): Promise<IDataObject> {
	const idempotencyKey = keyOf.call(this, itemIndex, { path, ...body });
	return await request.call(this, 'POST', `${path}/${verb}`, { body, idempotencyKey, itemIndex }) as IDataObject;
}

function pathOf(this: IExecuteFunctions, itemIndex: number): string {
	return `/v1/contents/${encodeURIComponent((this.getNodeParameter('postId', itemIndex) as string).trim())}`;
}

function publicationOf(this: IExecuteFunctions, itemIndex: number): string {
	return `/v1/publications/${encodeURIComponent((this.getNodeParameter('publicationId', itemIndex) as string).trim())}`;
}

export const OPERATIONS: Record<string, Operation> = {
	publish, validate, get, getAll, cancel, retry, publishNow, reschedule, withdraw, setWithdrawAt,
	getPublication, editPublication, withdrawPublication, getReceipt,
};
