import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';
import { mediaOf } from './media';

// How a time ends that has an offset.
const OFFSET = /(Z|[+-]\d\d:?\d\d)$/i;

/** The fields of a post that the node's parameters give, without its media. */
export function fieldsOf(this: IExecuteFunctions, itemIndex: number): IDataObject {
	const more = this.getNodeParameter('additionalFields', itemIndex, {}) as IDataObject;
	const body: IDataObject = {
		brandRef: this.getNodeParameter('brandRef', itemIndex) as string,
		channels: channelsOf.call(this, itemIndex),
	};
	const text = this.getNodeParameter('text', itemIndex, '') as string;
	if (text) body.text = text;
	if (this.getNodeParameter('when', itemIndex) === 'at') Object.assign(body, timeOf.call(this, itemIndex));
	for (const name of ['clientRef', 'fold', 'link']) if (more[name]) body[name] = String(more[name]);
	for (const name of ['publishBy', 'withdrawAt']) {
		if (more[name]) body[name] = body.timezone ? textOf(more[name]) : withOffset.call(this, more[name], itemIndex);
	}
	if (more.metadata) body.metadata = objectOf.call(this, more.metadata, 'Metadata', itemIndex);
	return body;
}

/** The post with its media; binary data is uploaded. */
export async function withMedia(this: IExecuteFunctions, itemIndex: number, fields: IDataObject, key: string): Promise<IDataObject> {
	const media = await mediaOf.call(this, itemIndex, String(fields.brandRef), key);
	return media.length ? { ...fields, media } : fields;
}

/** A chosen entry is `channel:account`, or a channel's name for the brand's only account there. */
function channelsOf(this: IExecuteFunctions, itemIndex: number): IDataObject[] {
	const given = this.getNodeParameter('channels', itemIndex) as string | string[];
	const chosen = (Array.isArray(given) ? given : given.split(',')).map((each) => each.trim()).filter((each) => each);
	const overrides = objectOf.call(this, this.getNodeParameter('overrides', itemIndex, '{}'), 'Overrides', itemIndex);
	const unused = new Set(Object.keys(overrides));
	const entries = chosen.map((entry) => {
		const [channel = '', accountId] = entry.split(':', 2);
		const account: IDataObject = accountId ? { accountId } : {};
		const found = entry in overrides ? entry : channel;
		unused.delete(found);
		return { channel, ...account, ...(overrides[found] as IDataObject | undefined) };
	});
	if (unused.size) {
		const message = `Overrides has "${[...unused].join('", "')}", to which the post does not go`;
		const description = `Name a channel of this post (${chosen.join(', ')}), or remove the entry.`;
		throw new NodeOperationError(this.getNode(), message, { description, itemIndex });
	}
	return entries;
}

/** An offset in the time decides; a local time is one in the given zone, or in the workflow's. */
export function timeOf(this: IExecuteFunctions, itemIndex: number): IDataObject {
	const scheduledAt = textOf(this.getNodeParameter('scheduledAt', itemIndex));
	const zone = this.getNodeParameter('timezone', itemIndex, '') as string;
	if (zone) return { scheduledAt, timezone: zone };
	return OFFSET.test(scheduledAt) ? { scheduledAt } : { scheduledAt, timezone: this.getTimezone() };
}

/** A time as text. An expression such as {{ $now.plus(1, 'hour') }} is a DateTime, which has an offset. */
function textOf(given: unknown): string {
	return typeof given === 'object' && given !== null ? (JSON.parse(JSON.stringify(given)) as string) : String(given);
}

/** A time with the offset that a local one has in the workflow's zone. What is no time stays for the API to refuse. */
export function withOffset(this: IExecuteFunctions, given: unknown, itemIndex: number): string {
	const text = textOf(given);
	if (OFFSET.test(text)) return text;
	const { DateTime } = this.getWorkflowDataProxy(itemIndex);
	const local = DateTime.fromISO(text, { zone: this.getTimezone() });
	return local.isValid ? String(local.toISO({ suppressMilliseconds: true })) : text;
}

export function objectOf(this: IExecuteFunctions, given: unknown, name: string, itemIndex: number): IDataObject {
	let found = given;
	try {
		if (typeof given === 'string') found = JSON.parse(given || '{}');
	} catch (error) {
		const description = error instanceof Error ? error.message : String(error);
		throw new NodeOperationError(this.getNode(), `${name} is not JSON`, { description, itemIndex });
	}
	if (typeof found === 'object' && found !== null && !Array.isArray(found)) return found as IDataObject;
	throw new NodeOperationError(this.getNode(), `${name} must be a JSON object, such as {"name": "value"}`, { itemIndex });
}
