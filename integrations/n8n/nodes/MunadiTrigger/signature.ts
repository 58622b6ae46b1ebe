import { createHmac, timingSafeEqual } from 'node:crypto';

// Seconds that a signature may be old, or ahead of this clock.
const TOLERANCE = 300;

export type Headers = Record<string, string | string[] | undefined>;

/**
 * Why a request is not Munadi's, by Standard Webhooks; null if one of `secrets` (`whsec_…`) signed it within five
 * minutes. `headers` have lower-case names, `now` is in milliseconds since the epoch.
 */
export function refusal(body: Buffer, headers: Headers, secrets: readonly string[], now = Date.now()): string | null {
	const id = headers['webhook-id'];
	const sent = headers['webhook-timestamp'];
	const given = headers['webhook-signature'];
	if (typeof id !== 'string' || typeof sent !== 'string' || typeof given !== 'string') return 'a webhook header is missing';
	if (!/^\d{1,11}$/.test(sent)) return 'webhook-timestamp is not a number of seconds';
	if (Math.abs(now / 1000 - Number(sent)) > TOLERANCE) return 'webhook-timestamp is more than five minutes away';
	const signed = Buffer.concat([Buffer.from(`${id}.${sent}.`), body]);
	// While a secret is rotated both of them sign, and either is enough.
	const shown = given.split(' ').filter((each) => each.startsWith('v1,')).map((each) => Buffer.from(each.slice(3)));
	const expected = secrets.filter((secret) => secret).map((secret) => signature(secret, signed));
	const found = expected.some((each) => shown.some((other) => each.length === other.length && timingSafeEqual(each, other)));
	return found ? null : 'no signature matches';
}

function signature(secret: string, signed: Buffer): Buffer {
	const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
	return Buffer.from(createHmac('sha256', key).update(signed).digest('base64'));
}
