import type {
	IDataObject,
	IExecuteFunctions,
	IHookFunctions,
	IHttpRequestMethods,
	IHttpRequestOptions,
	ILoadOptionsFunctions,
	INode,
	JsonObject,
} from 'n8n-workflow';
import { NodeApiError } from 'n8n-workflow';
import { ADVICE } from './Munadi/generated';

// Broken rules that an error shows.
const SHOWN = 5;

export type Context = IExecuteFunctions | IHookFunctions | ILoadOptionsFunctions;

interface Parts {
	body?: IDataObject | Buffer;
	query?: IDataObject;
	headers?: IDataObject;
	/** Repeating the request with the same key has no second effect. */
	idempotencyKey?: string;
	/** The item that an error is about. */
	itemIndex?: number;
	/** A 404 is an answer, null, and no error. */
	mayBeAbsent?: boolean;
}

interface Answer {
	statusCode: number;
	statusMessage?: string;
	headers: IDataObject;
	body: unknown;
}

interface Page {
	data: IDataObject[];
	nextCursor?: string | null;
}

interface Violation {
	pointer: string;
	message: string;
	limit?: string | number | null;
	actual?: string | number | null;
}

/** One request. Throws a NodeApiError for no answer, and for an answer that is not a 2xx. */
export async function request<T>(this: Context, method: IHttpRequestMethods, path: string, parts: Parts = {}): Promise<T> {
	const given = await this.getCredentials<{ baseUrl: string }>('munadiApi');
	const baseUrl = given.baseUrl.replace(/\/+$/, '');
	const headers: IDataObject = { accept: 'application/json', ...parts.headers };
	if (parts.idempotencyKey !== undefined) headers['idempotency-key'] = quoted(parts.idempotencyKey);
	const options: IHttpRequestOptions = {
		method,
		url: baseUrl + path,
		headers,
		arrayFormat: 'repeat',
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		// The key belongs to this address alone.
		disableFollowRedirect: true,
	};
	if (parts.body !== undefined) options.body = parts.body;
	if (parts.query !== undefined) options.qs = parts.query;
	let answer: Answer;
	try {
		answer = (await this.helpers.httpRequestWithAuthentication.call(this, 'munadiApi', options)) as Answer;
	} catch (error) {
		throw notReached(this.getNode(), error as Error, options.url, parts);
	}
	// A proxy's page may come with a 200, too.
	const isAnswer = answer.statusCode === 204 || typeof answer.body === 'object';
	if (answer.statusCode >= 200 && answer.statusCode < 300 && isAnswer) return answer.body as T;
	if (answer.statusCode === 404 && parts.mayBeAbsent) return null as T;
	throw problem(this.getNode(), answer, baseUrl, parts.itemIndex);
}

/** Every entry of a list, page by page, until there are `limit`. */
export async function list(this: Context, path: string, query: IDataObject = {}, limit = Infinity): Promise<IDataObject[]> {
	const found: IDataObject[] = [];
	let cursor: string | null = null;
	do {
		const asked = { ...query, limit: Math.min(limit - found.length, 100), ...(cursor === null ? {} : { cursor }) };
		const page = (await request.call(this, 'GET', path, { query: asked })) as Page;
		found.push(...page.data);
		cursor = page.nextCursor ?? null;
	} while (cursor !== null && found.length < limit);
	return found;
}

function quoted(key: string): string {
	return `"${key.replace(/[\\"]/g, '\\$&')}"`;
}

function notReached(node: INode, error: Error, url: string, { idempotencyKey, itemIndex }: Parts): NodeApiError {
	const effect =
		idempotencyKey === undefined
			? 'Check the address, and whether Munadi runs.'
			: 'The request may have arrived. Retry On Fail and the Retry of an execution repeat it without a second effect.';
	return new NodeApiError(node, error as unknown as JsonObject, {
		message: 'Munadi did not answer',
		description: `${url}: ${error.message}. ${effect}`,
		...at(itemIndex),
	});
}

/** The error of a problem (RFC 9457): its title; its detail, the broken rules with limit and actual value, and what to do. */
function problem(node: INode, answer: Answer, baseUrl: string, itemIndex?: number): NodeApiError {
	const found = document(answer);
	const lines = [String(found.detail ?? ''), ...broken((found.errors ?? []) as unknown as Violation[])];
	const advice = ADVICE[String(found.code)];
	if (advice) lines.push(`What to do: ${advice}`);
	if (found.permalink) lines.push(`Its address: ${String(found.permalink)}`);
	const wait = answer.headers['retry-after'];
	if (wait !== undefined) lines.push(`Retry after ${String(wait)} seconds.`);
	if (String(found.type ?? '').startsWith('/')) lines.push(`Explained at ${baseUrl}${String(found.type)}`);
	if (answer.statusCode >= 500 && found.requestId) lines.push(`In Munadi's log it is ${String(found.requestId)}.`);
	const error = new NodeApiError(node, found as JsonObject, {
		message: String(found.title),
		description: lines.filter((line) => line).join('\n'),
		httpCode: String(answer.statusCode),
		...at(itemIndex),
	});
	error.context.problem = found;
	return error;
}

/** A line for each broken rule, for the first few of them. */
function broken(violations: Violation[]): string[] {
	const lines = violations.slice(0, SHOWN).map(({ pointer, message, limit, actual }) => {
		const figures = [['limit', limit], ['sent', actual]].filter(([, value]) => value !== undefined && value !== null);
		const compared = figures.length ? ` (${figures.map((each) => each.join(' ')).join(', ')})` : '';
		return `${pointer}: ${message}${compared}`;
	});
	const others = violations.length - lines.length;
	return others ? [...lines, `and ${others} more, which the item has as problem.errors with On Error: Continue`] : lines;
}

function document({ body, statusCode, statusMessage }: Answer): IDataObject {
	if (typeof body === 'object' && body !== null && 'title' in body) return body as IDataObject;
	const shown = JSON.stringify(body ?? '').slice(0, 200);
	return { title: statusMessage || `Status ${statusCode}`, status: statusCode, code: null, detail: `This is not an answer of Munadi's API: ${shown}` };
}

function at(itemIndex?: number): { itemIndex?: number } {
	return itemIndex === undefined ? {} : { itemIndex };
}
