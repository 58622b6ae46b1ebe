import type { INodeProperties } from 'n8n-workflow';

/** What to do with one publication: a post on one account. */
export const publication: INodeProperties[] = [
	{
		displayName: 'Operation',
		name: 'operation',
		type: 'options',
		noDataExpression: true,
		displayOptions: { show: { resource: ['publication'] } },
		options: [
			{
				name: 'Edit',
				value: 'editPublication',
				action: 'Edit a publication',
				description: 'Edit a live publication at its network, where the network lets an app do it',
			},
			{
				name: 'Get',
				value: 'getPublication',
				action: 'Get a publication',
				description: 'Read a publication with its edits, its withdrawal and when it was last seen',
			},
			{
				name: 'Get Many',
				value: 'getAllPublications',
				action: 'Get many publications',
				description: 'List posts per account, with their status',
			},
			{
				name: 'Get Receipt',
				value: 'getReceipt',
				action: 'Get the receipt of a publication',
				description: 'Get a signed statement about a published publication',
			},
			{
				name: 'Withdraw',
				value: 'withdrawPublication',
				action: 'Withdraw a publication',
				description: 'Take a live publication back from its network',
			},
		],
		default: 'getReceipt',
	},
	{
		displayName: 'Publication ID',
		name: 'publicationId',
		type: 'string',
		required: true,
		default: '={{ $json.publications[0].id }}',
		placeholder: 'pub_01kf2v6s3tf0d8m7s0a3x9y5hr',
		displayOptions: {
			show: { resource: ['publication'], operation: ['editPublication', 'getPublication', 'getReceipt', 'withdrawPublication'] },
		},
		description: 'One of <code>publications</code> of a post',
	},
];
