import type { INodeProperties } from 'n8n-workflow';

const RESOURCE = { resource: ['post'] };

/** What to do, with which post. */
export const choosing: INodeProperties[] = [
	{
		displayName: 'Resource',
		name: 'resource',
		type: 'options',
		noDataExpression: true,
		options: [
			{ name: 'Draft', value: 'draft' },
			{ name: 'Post', value: 'post' },
			{ name: 'Publication', value: 'publication' },
		],
		default: 'post',
	},
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: RESOURCE },
		options: [
			{ name: 'Approve', value: 'approve', action: 'Approve a post', description: 'Let a proposed post be published as it is in the version that was read' },
			{ name: 'Cancel', value: 'cancel', action: 'Cancel a post', description: 'Cancel what is not published yet' },
			{ name: 'Decline', value: 'decline', action: 'Decline a post', description: 'Keep a proposed post back, and say why' },
			{ name: 'Edit', value: 'editPost', action: 'Edit a post', description: 'Change a post that is not being published yet' },
			{ name: 'Get', value: 'get', action: 'Get a post', description: 'Read the status of a post on each network' },
			{ name: 'Get Many', value: 'getAll', action: 'Get many posts', description: 'List posts with their status' },
			{ name: 'Publish', value: 'publish', action: 'Publish a post', description: 'Hand over a post, to be published now or at a time' },
			{ name: 'Publish Now', value: 'publishNow', action: 'Publish a post now', description: 'Publish what still waits for its time' },
			{ name: 'Reschedule', value: 'reschedule', action: 'Reschedule a post', description: 'Move what is not published yet' },
			{ name: 'Retry', value: 'retry', action: 'Retry a post', description: 'Queue what failed of a post again' },
			{ name: 'Set Withdrawal Time', value: 'setWithdrawAt', action: 'Set the withdrawal time of a post', description: 'Set when a post is withdrawn, also of a live one, or let it stay' },
			{ name: 'Validate', value: 'validate', action: 'Validate a post', description: 'Check a post against the rules of its networks without publishing it' },
			{ name: 'Withdraw', value: 'withdraw', action: 'Withdraw a post', description: 'Take back everything of a post that is live' },
		],
		default: 'publish',
	},
	{
		displayName: 'Post ID',
		name: 'postId',
		type: 'string',
		required: true,
		default: '={{ $json.id }}',
		placeholder: 'cnt_01kf2v6s3tf0d8m7s0a3x9y5hx',
		displayOptions: { show: { ...RESOURCE, operation: ['approve', 'cancel', 'decline', 'editPost', 'get', 'publishNow', 'reschedule', 'retry', 'setWithdrawAt', 'withdraw'] } },
	},
	{
		displayName: 'Withdraw At',
		name: 'withdrawAt',
		type: 'dateTime',
		default: '',
		displayOptions: { show: { ...RESOURCE, operation: ['setWithdrawAt'] } },
		description: 'When the post is withdrawn from its networks; empty means that it stays. A local time is one in the time zone of the workflow. The key needs contents:withdraw.',
	},
	{
		displayName: 'Publication IDs',
		name: 'publicationIds',
		type: 'string',
		default: '',
		displayOptions: { show: { ...RESOURCE, operation: ['retry'] } },
		description: 'Only these, separated by commas. Leave empty to retry every publication that failed.',
	},
	{
		displayName: 'Version',
		name: 'version',
		type: 'string',
		required: true,
		default: '={{ $json.version }}',
		displayOptions: { show: { ...RESOURCE, operation: ['approve'] } },
		description: 'The <code>version</code> that somebody has read and approves. After an event that is its <code>data.content.version</code>.',
	},
	{
		displayName: 'Note',
		name: 'note',
		type: 'string',
		default: '',
		displayOptions: { show: { ...RESOURCE, operation: ['approve'] } },
		description: 'A word for who proposed the post',
	},
	{
		displayName: 'Reason',
		name: 'reason',
		type: 'string',
		typeOptions: { rows: 2 },
		required: true,
		default: '',
		displayOptions: { show: { ...RESOURCE, operation: ['decline'] } },
		description: 'Who proposed the post reads it, and can edit the post',
	},
];

/** The version that a change is made to. */
export const version: INodeProperties = {
	displayName: 'Version',
	name: 'version',
	type: 'string',
	default: '',
	placeholder: '={{ $json.version }}',
	displayOptions: {
		show: {
			resource: ['post', 'draft'],
			operation: ['cancel', 'decline', 'editPost', 'publishNow', 'reschedule', 'setWithdrawAt', 'editDraft', 'submitDraft', 'deleteDraft'],
		},
	},
	description: 'Only if it still is this <code>version</code>: what somebody has changed since you read it is not changed. Leave empty for any version.',
};
