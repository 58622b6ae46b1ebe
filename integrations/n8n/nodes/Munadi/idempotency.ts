import { createHash, randomUUID } from 'node:crypto';
import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

/**
 * The idempotency key of an item's call: the execution, the run of the node in it, the item, and a hash of n8n's
 * instance, the workflow and the node.
 *
 * Retry On Fail runs in the same execution. n8n's Retry of a failed execution is an execution of its own, which gets the
 * data of the first, the node's context included: there the first one's id is found again.
 */
export function keyOf(this: IExecuteFunctions, itemIndex: number, body: IDataObject): string {
	const context = this.getContext('node');
	// A constant key would let one post through and no other; an execution without an id gets no protection instead.
	const execution = String((context.munadiExecution ??= this.getExecutionId() || randomUUID()));
	const run = Number(this.getWorkflowDataProxy(itemIndex).$runIndex);
	const place = [this.getInstanceId(), this.getWorkflow().id ?? '', this.getNode().id];
	// An AI agent may call the node several times within one run.
	const call = isTool.call(this) ? [digest([body]).slice(0, 16)] : [];
	return ['n8n', execution, run, itemIndex, digest(place).slice(0, 32), ...call].join('-');
}

/** The key of a file that is uploaded for the call with `key`; it has the same length for every key. */
export function fileKey(key: string, index: number): string {
	return `n8n-file-${digest([key, index])}`;
}

function isTool(this: IExecuteFunctions): boolean {
	// Older versions of n8n do not say.
	return typeof this.isToolExecution === 'function' && this.isToolExecution();
}

function digest(parts: unknown[]): string {
	return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
