import type { INodeProperties } from 'n8n-workflow';

/** What to do with a draft: a post that is not finished, of which nothing is published. */
export const draft: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['draft'] } },
		options: [
			{ name: 'Create', value: 'createDraft', action: 'Create a draft', description: 'Save a post that is not finished; the answer says what is missing' },
			{ name: 'Delete', value: 'deleteDraft', action: 'Delete a draft', description: 'Delete a draft for good' },
			{ name: 'Edit', value: 'editDraft', action: 'Edit a draft', description: 'Change fields of a draft' },
			{ name: 'Get', value: 'getDraft', action: 'Get a draft', description: 'Read a draft with what is missing' },
			{ name: 'Get Many', value: 'getAllDrafts', action: 'Get many drafts', description: 'List drafts that are not submitted' },
			{ name: 'Submit', value: 'submitDraft', action: 'Submit a draft', description: 'Make the draft a post, which is published when it is due' },
		],
		default: 'createDraft',
	},
	{
		displayName: 'Draft ID',
		name: 'draftId',
		type: 'string',
		required: true,
		default: '={{ $json.id }}',
		placeholder: 'drf_01kf2v6s3tf0d8m7s0a3x9y5hq',
		displayOptions: { show: { resource: ['draft'], operation: ['deleteDraft', 'editDraft', 'getDraft', 'submitDraft'] } },
	},
];
