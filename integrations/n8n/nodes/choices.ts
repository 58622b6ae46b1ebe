import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';
import { list, request } from './api';

/** The lists that the editor offers, read from the API when it opens them. */
export const loadOptions = {
	async getBrands(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
		const brands = await list.call(this, '/v1/brands');
		return brands.map(({ ref, name }) => ({ name: name ? `${String(name)} (${String(ref)})` : String(ref), value: String(ref) }));
	},

	async getAccounts(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
		const brandRef = this.getCurrentNodeParameter('brandRef');
		const accounts = await list.call(this, '/v1/accounts', brandRef ? { brandRef: String(brandRef) } : {});
		return accounts.map(({ channel, handle, id, status }) => ({
			name: `${String(channel)}: ${String(handle)}${status === 'connected' ? '' : ` (${String(status)})`}`,
			value: `${String(channel)}:${String(id)}`,
		}));
	},

	async getEventTypes(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
		const found = await request.call(this, 'GET', '/v1/events/types') as { data: Array<{ type: string; description: string }> };
		return found.data.map(({ type, description }) => ({ name: type, value: type, description }));
	},
};
