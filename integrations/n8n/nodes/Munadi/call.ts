import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { list, request } from '../api';
import { read } from './fields';
import { keyOf } from './idempotency';

/** One operation on one item: the JSON of each item that it passes on. */
export type Operation = (this: IExecuteFunctions, itemIndex: number) => Promise<IDataObject[]>;

/** The address of a thing whose id is a parameter of the node. */
export function pathOf(this: IExecuteFunctions, itemIndex: number, parameter: 'postId' | 'publicationId' | 'draftId'): string {
	const under = { postId: 'contents', publicationId: 'publications', draftId: 'drafts' }[parameter];
	return `/v1/${under}/${encodeURIComponent((this.getNodeParameter(parameter, itemIndex) as string).trim())}`;
}

export async function get(this: IExecuteFunctions, itemIndex: number, path: string): Promise<IDataObject> {
	return (await request.call(this, 'GET', path, { itemIndex })) as IDataObject;
}

/** The entries of a list that the filters leave, up to the limit. */
export async function getMany(this: IExecuteFunctions, itemIndex: number, path: string, filters: INodeProperties[]): Promise<IDataObject[]> {
	const given = this.getNodeParameter('filters', itemIndex, {}) as IDataObject;
	const { metadata, ...query } = read.call(this, itemIndex, filters, given, { empty: 'absent' });
	for (const [name, value] of Object.entries((metadata ?? {}) as IDataObject)) query[`metadata[${name}]`] = value;
	const all = this.getNodeParameter('returnAll', itemIndex) as boolean;
	const limit = all ? Infinity : (this.getNodeParameter('limit', itemIndex) as number);
	return await list.call(this, path, query, limit);
}

/** A call that has an effect, once however often the item is repeated. */
export async function act(this: IExecuteFunctions, itemIndex: number, path: string, body: IDataObject = {}): Promise<IDataObject> {
	const idempotencyKey = keyOf.call(this, itemIndex, { path, ...body });
	const headers = ifMatch(this.getNodeParameter('version', itemIndex, ''));
	return (await request.call(this, 'POST', path, { body, headers, idempotencyKey, itemIndex })) as IDataObject;
}

/** A change of what stands at `path`, in the version that the parameter names, or else in the one that was `found`. */
export async function change(this: IExecuteFunctions, itemIndex: number, path: string, found: IDataObject, body: IDataObject): Promise<IDataObject> {
	const headers = ifMatch(this.getNodeParameter('version', itemIndex, '') || found.version);
	return (await request.call(this, 'PATCH', path, { body, headers, itemIndex })) as IDataObject;
}

/** The header for a version: a number, or the whole `ETag`. Without one a call is about any version. */
export function ifMatch(version: unknown): IDataObject {
	const text = String(version ?? '').trim();
	if (!text) return {};
	return { 'if-match': text.includes('"') || text === '*' ? text : `"${text}"` };
}
