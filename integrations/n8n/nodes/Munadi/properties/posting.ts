import type { INodeProperties } from 'n8n-workflow';

export const POSTING = { show: { resource: ['post', 'draft'], operation: ['publish', 'validate', 'createDraft'] } };

// Rescheduling is the same question without a "when".
export const MOVING = { show: { resource: ['post'], operation: ['reschedule'] } };

export const channels: INodeProperties = {
	displayName: 'Channel Names or IDs',
	name: 'channels',
	type: 'multiOptions',
	typeOptions: { loadOptionsMethod: 'getAccounts', loadOptionsDependsOn: ['brandRef'] },
	required: true,
	default: [],
	description: 'The accounts that publish. In an expression, the name of a network means the brand\'s only account there. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
};

export const overrides: INodeProperties = {
	displayName: 'Overrides',
	name: 'overrides',
	type: 'json',
	default: '{}',
	description: 'What differs on a channel, by its name: text, link, firstComment, parts, options. Such as {"instagram": {"firstComment": "#sale", "options": {"kind": "reel"}}}.',
};

/** What to publish, where and when. */
export const posting: INodeProperties[] = [
	{
		displayName: 'Brand Name or ID',
		name: 'brandRef',
		type: 'options',
		typeOptions: { loadOptionsMethod: 'getBrands' },
		required: true,
		default: '',
		displayOptions: POSTING,
		description: 'Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
	},
	{ ...channels, displayOptions: { show: { resource: ['post'], operation: ['publish', 'validate'] } } },
	{ ...channels, required: false, displayOptions: { show: { resource: ['draft'], operation: ['createDraft'] } } },
	{
		displayName: 'Text',
		name: 'text',
		type: 'string',
		typeOptions: { rows: 4 },
		default: '',
		displayOptions: POSTING,
	},
	{
		displayName: 'When',
		name: 'when',
		type: 'options',
		options: [
			{ name: 'Now', value: 'now' },
			{ name: 'At a Time', value: 'at' },
		],
		default: 'now',
		displayOptions: POSTING,
	},
	{
		displayName: 'Time',
		name: 'scheduledAt',
		type: 'dateTime',
		required: true,
		default: '',
		displayOptions: { show: { ...POSTING.show, when: ['at'] } },
		description: 'When to publish. An offset in the time decides; without one it is a local time.',
	},
	{
		displayName: 'Time Zone',
		name: 'timezone',
		type: 'string',
		default: '',
		placeholder: 'Asia/Kolkata',
		displayOptions: { show: { ...POSTING.show, when: ['at'] } },
		description: 'Where a local time is meant. Leave empty for the time zone of the workflow.',
	},
	{ ...overrides, displayOptions: POSTING },
	{
		displayName: 'Time',
		name: 'scheduledAt',
		type: 'dateTime',
		required: true,
		default: '',
		displayOptions: MOVING,
		description: 'When to publish it instead. An offset in the time decides; without one it is a local time.',
	},
	{
		displayName: 'Time Zone',
		name: 'timezone',
		type: 'string',
		default: '',
		placeholder: 'Asia/Kolkata',
		displayOptions: MOVING,
		description: 'Where a local time is meant. Leave empty for the time zone of the workflow.',
	},
];
