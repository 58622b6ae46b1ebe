import type { IAuthenticateGeneric, ICredentialTestRequest, ICredentialType, Icon, INodeProperties } from 'n8n-workflow';

export class MunadiApi implements ICredentialType {
	name = 'munadiApi';

	displayName = 'Munadi API';

	icon: Icon = { light: 'file:../icons/munadi.svg', dark: 'file:../icons/munadi.dark.svg' };

	documentationUrl = 'https://munadi.example/docs/guides/n8n';

	properties: INodeProperties[] = [
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: '',
			placeholder: 'https://munadi.example.com',
			description: 'The address of your Munadi, as n8n reaches it',
		},
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description: 'A key with the scopes contents:read, contents:write and accounts:read; for the trigger also webhooks:read and webhooks:write',
		},
	];

	authenticate: IAuthenticateGeneric = {
		type: 'generic',
		properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
	};

	// Every key may read itself, whatever its scopes.
	test: ICredentialTestRequest = {
		request: { baseURL: '={{$credentials.baseUrl.replace(/\\/+$/, "")}}', url: '/v1/keys/me' },
	};
}
