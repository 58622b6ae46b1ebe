import type { Operation } from './call';
import { DRAFTS } from './drafts';
import { POSTS } from './posts';
import { PUBLICATIONS } from './publications';

/** Every operation of the node, by the value of its parameter `operation`. */
export const OPERATIONS: Record<string, Operation> = { ...POSTS, ...PUBLICATIONS, ...DRAFTS };
