import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { act, get, getMany, pathOf } from './call';
import type { Operation } from './call';
import { read } from './fields';
import { LIVE_CHANGES, PUBLICATION_FILTERS } from './generated';

async function getPublication(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await get.call(this, itemIndex, pathOf.call(this, itemIndex, 'publicationId'))];
}

async function getAllPublications(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return await getMany.call(this, itemIndex, '/v1/publications', PUBLICATION_FILTERS);
}

/** What is not among the changes stays. */
async function editPublication(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	const changes = this.getNodeParameter('changes', itemIndex, {}) as IDataObject;
	const body = read.call(this, itemIndex, LIVE_CHANGES, changes, { empty: 'empty' });
	return [await act.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'publicationId')}/edit`, body)];
}

async function withdrawPublication(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await act.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'publicationId')}/withdraw`)];
}

async function getReceipt(this: IExecuteFunctions, itemIndex: number): Promise<IDataObject[]> {
	return [await get.call(this, itemIndex, `${pathOf.call(this, itemIndex, 'publicationId')}/receipt`)];
}

export const PUBLICATIONS: Record<string, Operation> = {
	getPublication, getAllPublications, editPublication, withdrawPublication, getReceipt,
};
