export { responseOf, type RateLimit, type ResponseMetadata } from "./answers.js";
export { Munadi, type WaitOptions } from "./client.js";
export { MunadiError, NotEndedError, NotReachableError, ProblemError, type ProblemDetails } from "./errors.js";
export type { CallOptions, ClientOptions, Parts, Query } from "./http.js";
export { pages, type PageOf } from "./paging.js";
export type * from "./schema.js";
export { verify, WebhookVerificationError, type VerifyOptions } from "./webhooks.js";
