import type { INodeProperties } from 'n8n-workflow';
import { POST_FIELDS, TIME_FIELDS } from '../generated';
import { MOVING, POSTING } from './posting';

// These have inputs of their own.
const BASIC = ['text', 'scheduledAt', 'timezone'];

const idempotencyKey: INodeProperties = {
	displayName: 'Idempotency Key',
	name: 'idempotencyKey',
	type: 'string',
	default: '',
	placeholder: 'cms-42',
	description: 'The same key publishes once within 48 hours, whichever execution sends it. Leave empty for a key of this execution and item.',
};

/** What most posts, and most new times, do without. */
export const additionalFields: INodeProperties[] = [
	collection(POSTING, [...POST_FIELDS, idempotencyKey]),
	collection(MOVING, TIME_FIELDS),
];

function collection(displayOptions: NonNullable<INodeProperties['displayOptions']>, fields: INodeProperties[]): INodeProperties {
	const options = fields.filter(({ name }) => !BASIC.includes(name));
	return {
		displayName: 'Additional Fields',
		name: 'additionalFields',
		type: 'collection',
		placeholder: 'Add Field',
		default: {},
		displayOptions,
		options: options.sort((one, other) => one.displayName.localeCompare(other.displayName)),
	};
}
