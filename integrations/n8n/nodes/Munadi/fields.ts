import type { IDataObject, IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

// How a time ends that has an offset.
const OFFSET = /(Z|[+-]\d\d:?\d\d)$/i;

/** What an empty input means: `absent` leaves the field out, `null` removes what is there, `empty` is sent as it is. */
export type Empty = 'absent' | 'null' | 'empty';

interface Reading {
	empty: Empty;
	/** Whether the request names a time zone of its own, so that local times stay local. */
	hasZone?: boolean;
}

/** What the inputs of a collection say, each as the API takes it. `table` has the type of each; others are not sent. */
export function read(this: IExecuteFunctions, itemIndex: number, table: INodeProperties[], inputs: IDataObject, how: Reading): IDataObject {
	const found: IDataObject = {};
	for (const property of table) {
		const { name } = property;
		if (!(name in inputs)) continue;
		const value = valueOf.call(this, itemIndex, property, inputs[name], how.hasZone ?? false);
		if (!isEmpty(value)) found[name] = value;
		else if (how.empty !== 'absent') found[name] = how.empty === 'null' ? null : value;
	}
	return found;
}

function valueOf(this: IExecuteFunctions, itemIndex: number, property: INodeProperties, given: unknown, hasZone: boolean): IDataObject[string] {
	if (isEmpty(given)) return property.typeOptions?.multipleValues ? [] : '';
	if (property.type === 'dateTime') return hasZone ? textOf(given) : withOffset.call(this, given, itemIndex);
	if (property.type === 'json') return objectOf.call(this, given, property.displayName, itemIndex);
	// An expression may give a number, such as the id of a row.
	if (property.type === 'string' && !Array.isArray(given)) return String(given);
	return given as IDataObject[string];
}

function isEmpty(value: unknown): boolean {
	return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
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
