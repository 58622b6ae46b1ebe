import type { INodeProperties } from 'n8n-workflow';
import { DRAFT_FILTERS, POST_FILTERS, PUBLICATION_FILTERS } from '../generated';

const MANY = ['getAll', 'getAllPublications', 'getAllDrafts'];

/** How much of a list is returned, and which of it. */
export const lists: INodeProperties[] = [
	{
		displayName: 'Return All',
		name: 'returnAll',
		type: 'boolean',
		default: false,
		displayOptions: { show: { operation: MANY } },
		description: 'Whether to return all results or only up to a given limit',
	},
	{
		displayName: 'Limit',
		name: 'limit',
		type: 'number',
		typeOptions: { minValue: 1 },
		default: 50,
		displayOptions: { show: { operation: MANY, returnAll: [false] } },
		description: 'Max number of results to return',
	},
	filters('post', 'getAll', POST_FILTERS),
	filters('publication', 'getAllPublications', PUBLICATION_FILTERS),
	filters('draft', 'getAllDrafts', DRAFT_FILTERS),
];

function filters(resource: string, operation: string, options: INodeProperties[]): INodeProperties {
	return {
		displayName: 'Filters',
		name: 'filters',
		type: 'collection',
		placeholder: 'Add Filter',
		default: {},
		displayOptions: { show: { resource: [resource], operation: [operation] } },
		options,
	};
}
