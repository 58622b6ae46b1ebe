import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { request } from '../api';
import { act, change, get, getMany, ifMatch, pathOf } from './call';
import type { Operation } from './call';
import { read } from './fields';
import { DRAFT_FILTERS, POST_FIELDS } from './generated';
import { keyOf } from './idempotency';
import { mediaOf } from './media';
import { channelsOf } from './post';
import { send } from './posts';

async function createDraft(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await send.call(this, itemIndex, '/v1/drafts')];
}

async function getDraft(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await get.call(this, itemIndex, pathOf.call(this, itemIndex, 'draftId'))];
}

async function getAllDrafts(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return await getMany.call(this, itemIndex, '/v1/drafts', DRAFT_FILTERS);
}

/** What is not among the changes stays; an empty one is removed. */
async function editDraft(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const path = pathOf.call(this, itemIndex, 'draftId');
	const changes = this.getNodeParameter('changes', itemIndex, {}) as IDataObject;
	const found = await get.call(this, itemIndex, path);
	const before = found.content as IDataObject;
	const hasZone = Boolean(changes.timezone ?? before.timezone);
	const body = read.call(this, itemIndex, POST_FIELDS, changes, { empty: 'null', hasZone });
	if (changes.channels !== undefined || changes.overrides !== undefined) {
		body.channels = channelsOf.call(this, itemIndex, changes.channels ?? [], changes.overrides ?? '{}');
	}
	if (changes.media !== undefined) {
		const key = keyOf.call(this, itemIndex, { path, ...body });
		body.media = await mediaOf.call(this, itemIndex, 'changes.media', String(found.brandRef), key);
	}
	return [await change.call(this, itemIndex, path, found, body)];
}

async function submitDraft(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'draftId')}/submit`)];
}

async function deleteDraft(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const headers = ifMatch(this.getNodeParameter('version', itemIndex, ''));
	await request.call(this, 'DELETE', pathOf.call(this, itemIndex, 'draftId'), { headers, itemIndex });
	return [{ deleted: true }];
}

export const DRAFTS: Record<string, Operation> = { createDraft, getDraft, getAllDrafts, editDraft, submitDraft, deleteDraft };
