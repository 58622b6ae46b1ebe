import type { IHookFunctions, INodeType, INodeTypeDescription, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';
import { NodeConnectionTypes } from 'n8n-workflow';
import { loadOptions } from '../choices';
import { createEndpoint, deleteEndpoint, endpointExists } from './endpoint';
import { refusal } from './signature';

export class MunadiTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Munadi Trigger',
		name: 'munadiTrigger',
		icon: { light: 'file:../../icons/munadi.svg', dark: 'file:../../icons/munadi.dark.svg' },
		group: ['trigger'],
		version: 1,
		subtitle: '={{$parameter["events"].join(", ")}}',
		description: 'Starts the workflow when the state of a post, an account or an endpoint changes',
		defaults: { name: 'Munadi Trigger' },
		inputs: [],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'munadiApi', required: true }],
		webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' }],
		properties: [
			{
				displayName: 'Event Names or IDs',
				name: 'events',
				type: 'multiOptions',
				typeOptions: { loadOptionsMethod: 'getEventTypes' },
				default: ['content.completed'],
				description: 'The types of event; none means all. Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
			},
			{
				displayName: 'Brand Name or ID',
				name: 'brandRef',
				type: 'options',
				typeOptions: { loadOptionsMethod: 'getBrands' },
				default: '',
				description: 'Only events of this brand; empty means of every brand of the API key. Choose from the list, or specify an ID using an <a href="https://docs.n8n.io/code/expressions/">expression</a>.',
			},
			{
				displayName: 'Payload',
				name: 'payload',
				type: 'options',
				options: [
					{ name: 'Full', value: 'full', description: 'With the whole post and publication' },
					{ name: 'Thin', value: 'thin', description: 'With IDs, status and reason only' },
				],
				default: 'full',
			},
			{
				displayName: 'New Secret',
				name: 'secret',
				type: 'string',
				typeOptions: { password: true },
				default: '',
				placeholder: 'whsec_…',
				description: 'Only after the secret was rotated at Munadi: the new one, accepted beside the one of the activation',
			},
		],
	};

	methods = { loadOptions };

	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await endpointExists.call(this);
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await createEndpoint.call(this);
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await deleteEndpoint.call(this);
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		const secrets = [this.getWorkflowStaticData('node').secret, this.getNodeParameter('secret', '')];
		// The bytes as they arrived: JSON that was parsed and written again has another signature.
		const { rawBody } = this.getRequestObject();
		const reason = refusal(rawBody ?? Buffer.alloc(0), this.getHeaderData(), secrets.map((each) => String(each ?? '')));
		if (reason !== null) {
			this.getResponseObject().status(401).json({ error: `This is not an event of Munadi's: ${reason}` });
			return { noWebhookResponse: true };
		}
		return { workflowData: [this.helpers.returnJsonArray(JSON.parse(rawBody.toString('utf8')))] };
	}
}
