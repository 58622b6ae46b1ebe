import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { request } from '../api';
import { act, change, get, getMany, pathOf } from './call';
import type { Operation } from './call';
import { read, timeOf, withOffset } from './fields';
import { POST_CHANGES, POST_FILTERS, TIME_FIELDS } from './generated';
import { keyOf } from './idempotency';
import { mediaOf } from './media';
import { changedChannels, fieldsOf, withMedia } from './post';

async function publish(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await send.call(this, itemIndex, '/v1/contents')];
}

/** A post, or a draft of one, from the node's parameters. */
export async function send(this: IExecuteFunctions, itemIndex: number, path: string): Promise<IDataObject> {
	const fields = fieldsOf.call(this, itemIndex);
	const own = this.getNodeParameter('additionalFields.idempotencyKey', itemIndex, '') as string;
	const idempotencyKey = own || keyOf.call(this, itemIndex, fields);
	const body = await withMedia.call(this, itemIndex, fields, idempotencyKey);
	return (await request.call(this, 'POST', path, { body, idempotencyKey, itemIndex })) as IDataObject;
}

async function validate(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const fields = fieldsOf.call(this, itemIndex);
	const body = await withMedia.call(this, itemIndex, fields, keyOf.call(this, itemIndex, fields));
	return [(await request.call(this, 'POST', '/v1/contents/validate', { body, itemIndex })) as IDataObject];
}

async function getPost(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await get.call(this, itemIndex, pathOf.call(this, itemIndex, 'postId'))];
}

async function getAll(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return await getMany.call(this, itemIndex, '/v1/contents', POST_FILTERS);
}

/** What is not among the changes stays; an empty one is removed. */
async function editPost(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const path = pathOf.call(this, itemIndex, 'postId');
	const changes = this.getNodeParameter('changes', itemIndex, {}) as IDataObject;
	const body = read.call(this, itemIndex, POST_CHANGES, changes, { empty: 'null' });
	if (changes.overrides !== undefined) body.channels = changedChannels.call(this, itemIndex, changes.overrides);
	const found = await get.call(this, itemIndex, path);
	if (changes.media !== undefined) {
		const key = keyOf.call(this, itemIndex, { path, ...body });
		body.media = await mediaOf.call(this, itemIndex, 'changes.media', String(found.brandRef), key);
	}
	return [await change.call(this, itemIndex, path, found, body)];
}

async function cancel(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'postId')}/cancel`)];
}

async function publishNow(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'postId')}/publish-now`)];
}

async function reschedule(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const time = timeOf.call(this, itemIndex);
	const more = this.getNodeParameter('additionalFields', itemIndex, {}) as IDataObject;
	const fields = read.call(this, itemIndex, TIME_FIELDS, more, { empty: 'absent', hasZone: Boolean(time.timezone) });
	return [await act.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'postId')}/reschedule`, { ...fields, ...time })];
}

async function withdraw(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'postId')}/withdraw`)];
}

/** A time to end, also of a post that is live; an empty one lets it stay. */
async function setWithdrawAt(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const path = pathOf.call(this, itemIndex, 'postId');
	const given = this.getNodeParameter('withdrawAt', itemIndex, '') as unknown;
	const withdrawAt = given ? withOffset.call(this, given, itemIndex) : null;
	const found = await get.call(this, itemIndex, path);
	return [await change.call(this, itemIndex, path, found, { withdrawAt })];
}

async function retry(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const given = this.getNodeParameter('publicationIds', itemIndex, '') as string;
	const publicationIds = given.split(',').map((each) => each.trim()).filter((each) => each);
	const path = `${pathOf.call(this, itemIndex, 'postId')}/retry`;
	return [await act.call(this, itemIndex, path, publicationIds.length ? { publicationIds } : {})];
}

/** An approval is of the version that somebody has read, so the node never looks it up. */
async function approve(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const note = this.getNodeParameter('note', itemIndex, '') as string;
	return [await act.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'postId')}/approve`, note ? { note } : {})];
}

async function decline(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const note = this.getNodeParameter('reason', itemIndex) as string;
	return [await act.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'postId')}/decline`, { note })];
}

export const POSTS: Record<string, Operation> = {
	publish, validate, get: getPost, getAll, editPost, cancel, retry, publishNow, reschedule, withdraw, setWithdrawAt, approve, decline,
};
