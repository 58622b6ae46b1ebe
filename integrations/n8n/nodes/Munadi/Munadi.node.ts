import type { IExecuteFunctions, INode, INodeExecutionData, INodeType, INodeTypeDescription } from 'n8n-workflow';
import { NodeApiError, NodeConnectionTypes, NodeOperationError } from 'n8n-workflow';
import { loadOptions } from '../choices';
import { OPERATIONS } from './operations';
import { additionalFields } from './properties/additional';
import { changes } from './properties/changes';
import { choosing, version } from './properties/choosing';
import { draft } from './properties/draft';
import { lists } from './properties/lists';
import { media } from './properties/media';
import { posting } from './properties/posting';
import { publication } from './properties/publication';

export class Munadi implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'Munadi',
		name: 'munadi',
		icon: { light: 'file:../../icons/munadi.svg', dark: 'file:../../icons/munadi.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle: '={{$parameter["operation"]}}',
		description: 'Publish to social networks, and read what became of it',
		defaults: { name: 'Munadi' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'munadiApi', required: true }],
		properties: [...choosing, ...publication, ...draft, ...posting, media, ...changes, version, ...additionalFields, ...lists],
	};

	methods = { loadOptions };

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const found: INodeExecutionData[] = [];
		for (const itemIndex of this.getInputData().keys()) {
			const pairedItem = { item: itemIndex };
			try {
				const name = this.getNodeParameter('operation', itemIndex) as string;
				const operation = OPERATIONS[name];
				if (operation === undefined) throw new NodeOperationError(this.getNode(), `There is no operation "${name}"`, { itemIndex });
				const made = await operation.call(this, itemIndex);
				found.push(...made.map((json) => ({ json, pairedItem })));
			} catch (error) {
				const reported = asNodeError(error, this.getNode(), itemIndex);
				if (!this.continueOnFail()) throw reported;
				found.push({ ...failed(reported), pairedItem });
			}
		}
		return [found];
	}
}

function asNodeError(error: unknown, node: INode, itemIndex: number): NodeApiError | NodeOperationError {
	if (error instanceof NodeApiError || error instanceof NodeOperationError) return error;
	return new NodeOperationError(node, error instanceof Error ? error : String(error), { itemIndex });
}

/** An item in place of the answer. With `error` beside its JSON n8n sends it to the error output, if the node has one. */
function failed(error: NodeApiError | NodeOperationError): INodeExecutionData {
	const json = { error: error.message, description: error.description ?? null, problem: error.context.problem ?? null };
	return { json, error };
}
