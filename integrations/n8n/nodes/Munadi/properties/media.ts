import type { INodeProperties } from 'n8n-workflow';
import { POSTING } from './posting';

/** Pictures and videos, in their order. */
export const files: INodeProperties = {
	displayName: 'Media',
	name: 'media',
	type: 'fixedCollection',
	typeOptions: { multipleValues: true, sortable: true },
	placeholder: 'Add File',
	default: {},
	options: [
		{
			displayName: 'File',
			name: 'values',
			values: [
				{
					displayName: 'Alt Text',
					name: 'alt',
					type: 'string',
					default: '',
					description: 'What a person who cannot see it should read',
				},
				{
					displayName: 'Input Binary Field',
					name: 'binaryPropertyName',
					type: 'string',
					default: 'data',
					displayOptions: { show: { source: ['binary'] } },
					hint: 'The name of the input field that contains the file; it is uploaded',
				},
				{
					displayName: 'Media ID',
					name: 'mediaId',
					type: 'string',
					default: '',
					placeholder: 'med_01kf2v6s3tf0d8m7s0a3x9y5hx',
					displayOptions: { show: { source: ['id'] } },
				},
				{
					displayName: 'Source',
					name: 'source',
					type: 'options',
					options: [
						{ name: 'Binary Data of the Item', value: 'binary' },
						{ name: 'Media ID', value: 'id' },
						{ name: 'URL', value: 'url' },
					],
					default: 'url',
				},
				{
					displayName: 'URL',
					name: 'url',
					type: 'string',
					default: '',
					displayOptions: { show: { source: ['url'] } },
					description: 'A public address from which Munadi fetches the file once',
				},
			],
		},
	],
};

export const media: INodeProperties = { ...files, displayOptions: POSTING };
