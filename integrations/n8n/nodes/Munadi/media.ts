import { randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';
import { request } from '../api';
import { fileKey } from './idempotency';

interface Row {
	source: 'url' | 'binary' | 'id';
	url?: string;
	binaryPropertyName?: string;
	mediaId?: string;
	alt?: string;
}

/** What the parameter at `path` says as a post's `media`: URLs and ids as they are, binary data by the id that its upload got. */
export async function mediaOf(this: IExecuteFunctions, itemIndex: number, path: string, brandRef: string, key: string): Promise<IDataObject[]> {
	const rows = this.getNodeParameter(`${path}.values`, itemIndex, []) as Row[];
	const found: IDataObject[] = [];
	for (const [index, row] of rows.entries()) {
		const alt = row.alt ? { alt: row.alt } : {};
		if (row.source === 'url') found.push({ url: row.url ?? '', ...alt });
		else if (row.source === 'id') found.push({ id: row.mediaId ?? '', ...alt });
		else found.push({ id: await upload.call(this, itemIndex, row.binaryPropertyName ?? 'data', brandRef, fileKey(key, index)), ...alt });
	}
	return found;
}

async function upload(this: IExecuteFunctions, itemIndex: number, property: string, brandRef: string, key: string): Promise<string> {
	const file = this.helpers.assertBinaryData(itemIndex, property);
	const bytes = await this.helpers.getBinaryDataBuffer(itemIndex, property);
	const name = file.fileName ?? `file.${file.fileExtension ?? 'bin'}`;
	const form = multipart(bytes, name, file.mimeType, { brandRef });
	const made = await request.call(this, 'POST', '/v1/media', { ...form, idempotencyKey: key, itemIndex });
	return String((made as IDataObject).id);
}

/** The body and header of a form with one file, written here since n8n sends no FormData of a node without dependencies. */
export function multipart(bytes: Buffer, name: string, type: string, fields: Record<string, string>): { body: Buffer; headers: IDataObject } {
	const boundary = `munadi-${randomUUID()}`;
	const part = (head: string): string => `--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`;
	const texts = Object.entries(fields).map(([field, value]) => `${part(`name="${field}"`)}${value}\r\n`);
	const escaped = name.replace(/["\r\n]/g, (sign) => encodeURIComponent(sign));
	const head = part(`name="file"; filename="${escaped}"\r\ncontent-type: ${type.replace(/[\r\n]/g, '')}`);
	const body = Buffer.concat([Buffer.from(texts.join('') + head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
	return { body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}
