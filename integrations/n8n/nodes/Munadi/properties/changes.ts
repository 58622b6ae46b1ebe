import type { INodeProperties } from 'n8n-workflow';
import { LIVE_CHANGES, POST_CHANGES, POST_FIELDS } from '../generated';
import { files } from './media';
import { channels, overrides } from './posting';

/** What an edit changes; what is not among it stays. */
export const changes: INodeProperties[] = [
	collection('post', 'editPost', 'An empty field is removed', [
		...POST_CHANGES,
		files,
		{ ...overrides, description: 'What changes on a channel, by its name. Such as {"instagram": {"text": "Shorter"}}.' },
	]),
	collection('draft', 'editDraft', 'An empty field is removed, and a list is replaced as a whole', [
		...POST_FIELDS,
		files,
		{ ...channels, required: false },
		{ ...overrides, description: 'What differs on the channels that are chosen here, by their names' },
	]),
	collection('publication', 'editPublication', 'Each network lets an app edit some of them', LIVE_CHANGES),
];

function collection(resource: string, operation: string, description: string, options: INodeProperties[]): INodeProperties {
	return {
		displayName: 'Changes',
		name: 'changes',
		type: 'collection',
		placeholder: 'Add Change',
		default: {},
		displayOptions: { show: { resource: [resource], operation: [operation] } },
		description: `What is not among them stays. ${description}.`,
		options: [...options].sort((one, other) => one.displayName.localeCompare(other.displayName)),
	};
}
