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
		displayOptions: { show: { resource: ['publication'] } },
		description: 'One of <code>publications</code> of a post',
	},
];
