import type { INodeProperties } from 'n8n-workflow';
import { POSTING } from './posting';

/** What most posts do without. */
export const additionalFields: INodeProperties = {
	displayName: 'Additional Fields',
	name: 'additionalFields',
	type: 'collection',
	placeholder: 'Add Field',
	default: {},
	displayOptions: POSTING,
	options: [
		{
			displayName: 'Client Reference',
			name: 'clientRef',
			type: 'string',
			default: '',
			description: 'Your own ID of the post, to list by',
		},
		{
			displayName: 'Doubled Hour',
			name: 'fold',
			type: 'options',
			options: [
				{ name: 'Earlier', value: 'earlier' },
				{ name: 'Later', value: 'later' },
			],
			default: 'earlier',
			description: 'Which of two equal local times is meant, when clocks are set back',
		},
		{
			displayName: 'Idempotency Key',
			name: 'idempotencyKey',
			type: 'string',
			default: '',
			placeholder: 'cms-42',
			description: 'The same key publishes once within 48 hours, whichever execution sends it. Leave empty for a key of this execution and item.',
		},
		{
			displayName: 'Link',
			name: 'link',
			type: 'string',
			default: '',
			description: 'Shown as a preview where the network has link posts, else appended to the text',
		},
		{
			displayName: 'Metadata',
			name: 'metadata',
			type: 'json',
			default: '{}',
			description: 'Names and texts of your own, returned in every event of the post. Such as {"campaign": "diwali"}.',
		},
		{
			displayName: 'Publish By',
			name: 'publishBy',
			type: 'dateTime',
			default: '',
			description: 'Give up after this time; by default a day after the time of the post',
		},
		{
			displayName: 'Withdraw At',
			name: 'withdrawAt',
			type: 'dateTime',
			default: '',
			description: 'When the post is withdrawn from its networks; by default it stays. The key needs contents:withdraw.',
		},
	],
};
