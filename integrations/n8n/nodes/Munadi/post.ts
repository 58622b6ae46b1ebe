import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { objectOf, read, timeOf } from './fields';
import { POST_FIELDS } from './generated';
import { mediaOf } from './media';

/** The fields of a post that the node's parameters give, without its media. */
export function fieldsOf(this: IExecuteFunctions, itemIndex: number): IDataObject {
	const parameter = (name: string, absent: string | string[]): unknown => this.getNodeParameter(name, itemIndex, absent);
	const body: IDataObject = {
		brandRef: this.getNodeParameter('brandRef', itemIndex) as string,
		channels: channelsOf.call(this, itemIndex, parameter('channels', []), parameter('overrides', '{}')),
	};
	const text = this.getNodeParameter('text', itemIndex, '') as string;
	if (text) body.text = text;
	if (this.getNodeParameter('when', itemIndex) === 'at') Object.assign(body, timeOf.call(this, itemIndex));
	const more = this.getNodeParameter('additionalFields', itemIndex, {}) as IDataObject;
	return { ...body, ...read.call(this, itemIndex, POST_FIELDS, more, { empty: 'absent', hasZone: Boolean(body.timezone) }) };
}

/** The post with its media; binary data is uploaded. */
export async function withMedia(this: IExecuteFunctions, itemIndex: number, fields: IDataObject, key: string): Promise<IDataObject> {
	const media = await mediaOf.call(this, itemIndex, 'media', String(fields.brandRef), key);
	return media.length ? { ...fields, media } : fields;
}

/** A chosen entry is `channel:account`, or a channel's name for the brand's only account there. */
export function channelsOf(this: IExecuteFunctions, itemIndex: number, given: unknown, overriding: unknown): IDataObject[] {
	const chosen = chosenOf(given as string | string[]);
	const overrides = objectOf.call(this, overriding, 'Overrides', itemIndex);
	const unused = new Set(Object.keys(overrides));
	const entries = chosen.map((entry) => {
		const found = entry in overrides ? entry : (entry.split(':', 1)[0] ?? '');
		unused.delete(found);
		return { ...named(entry), ...(overrides[found] as IDataObject | undefined) };
	});
	if (unused.size) {
		const message = `Overrides has "${[...unused].join('", "')}", to which the post does not go`;
		const description = `Name a channel of this post (${chosen.join(', ')}), or remove the entry.`;
		throw new NodeOperationError(this.getNode(), message, { description, itemIndex });
	}
	return entries;
}

/** The channels of a post that change, by the names of their overrides. */
export function changedChannels(this: IExecuteFunctions, itemIndex: number, given: unknown): IDataObject[] {
	const overrides = objectOf.call(this, given, 'Overrides', itemIndex);
	return Object.entries(overrides).map(([entry, changes]) => ({ ...named(entry), ...(changes as IDataObject) }));
}

/** The list of what was chosen; an expression may give names with commas between them. */
function chosenOf(given: string | string[]): string[] {
	return (Array.isArray(given) ? given : given.split(',')).map((each) => each.trim()).filter((each) => each);
}

function named(entry: string): IDataObject {
	const [channel = '', accountId] = entry.split(':', 2);
	return accountId ? { channel, accountId } : { channel };
}
