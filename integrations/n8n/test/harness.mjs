// What n8n gives to a node, as far as these nodes use it, over real requests. The nodes are the built ones, the errors
// n8n's own. `npm run build` comes first.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { Munadi } = require("../dist/nodes/Munadi/Munadi.node.js");
const { MunadiTrigger } = require("../dist/nodes/MunadiTrigger/MunadiTrigger.node.js");
const { DateTime } = require("luxon");
const { MunadiApi } = require("../dist/credentials/MunadiApi.credentials.js");

/** Everything that a context of any kind has. `credentials` are those of the node: `baseUrl` and `apiKey`. */
function base({ credentials, parameters = {}, node = {}, timezone = "Asia/Kolkata" }) {
  const at = (path, given) => path.split(".").reduce((value, name) => value?.[name], given);
  return {
    getCredentials: async () => credentials,
    getNode: () => ({ id: "node-1", name: "Munadi", type: "munadi", typeVersion: 1, position: [0, 0], parameters, ...node }),
    getWorkflow: () => ({ id: "workflow-1", name: "A workflow", active: true }),
    getInstanceId: () => "instance-1",
    getTimezone: () => timezone,
    getCurrentNodeParameter: (name) => at(name, parameters),
    helpers: {
      async httpRequestWithAuthentication(name, options) {
        const { headers } = new MunadiApi().authenticate.properties;
        const authorization = headers.Authorization.slice(1).replace("{{$credentials.apiKey}}", credentials.apiKey);
        return await send({ ...options, headers: { ...options.headers, authorization } });
      },
      returnJsonArray: (json) => [json].flat().map((each) => ({ json: each })),
    },
    at,
  };
}

/** As n8n sends a request: an empty object is no body, lists repeat their name. */
async function send({ method, url, headers, qs = {}, body, disableFollowRedirect }) {
  const query = new URLSearchParams(Object.entries(qs).flatMap(([name, value]) => [value].flat().map((each) => [name, each])));
  const isJson = body !== undefined && !Buffer.isBuffer(body);
  const empty = isJson && Object.keys(body).length === 0;
  const answer = await fetch(query.size ? `${url}?${query}` : url, {
    method,
    headers: isJson && !empty ? { ...headers, "content-type": "application/json" } : headers,
    redirect: disableFollowRedirect ? "manual" : "follow",
    ...(body === undefined || empty ? {} : { body: isJson ? JSON.stringify(body) : body }),
  });
  const text = await answer.text();
  let parsed = text;
  try {
    parsed = JSON.parse(text);
  } catch {
    // as axios does: what is not JSON stays a text
  }
  const shown = Object.fromEntries(answer.headers);
  return { statusCode: answer.status, statusMessage: answer.statusText, headers: shown, body: parsed };
}

/** Runs the node. `items` are n8n's; `parameters` one object for all, or one for each. `context` outlives the execution
 * as it does in n8n, which gives the data of a failed execution to the one that retries it. */
export async function execute({ items = [{ json: {} }], id = "1", run = 0, context = {}, continueOnFail = false, tool, ...given }) {
  const shared = base(given);
  const of = (index) => (Array.isArray(given.parameters) ? given.parameters[index] : given.parameters);
  const self = {
    ...shared,
    getInputData: () => items,
    getNodeParameter: (name, index, otherwise) => {
      const value = shared.at(name, of(index)) ?? otherwise;
      if (value === undefined) throw new Error(`the test gives no parameter ${name}`);
      return value;
    },
    getExecutionId: () => id,
    getContext: () => context,
    getWorkflowDataProxy: () => ({ $runIndex: run, DateTime }),
    continueOnFail: () => continueOnFail,
    helpers: {
      ...shared.helpers,
      assertBinaryData: (index, name) => items[index].binary[name],
      getBinaryDataBuffer: async (index, name) => Buffer.from(items[index].binary[name].data, "base64"),
    },
    ...(tool === undefined ? {} : { isToolExecution: () => tool }),
  };
  return (await new Munadi().execute.call(self))[0];
}

/** Calls `checkExists`, `create` or `delete` of the trigger. `kept` is its static data, which is changed. */
export async function hook(method, { url, kept, parameters = {}, ...given }) {
  const shared = base({ ...given, parameters });
  const self = {
    ...shared,
    getNodeWebhookUrl: () => url,
    getWorkflowStaticData: () => kept,
    getNodeParameter: (name, otherwise) => shared.at(name, parameters) ?? otherwise,
  };
  return await new MunadiTrigger().webhookMethods.default[method].call(self);
}

/** Gives the trigger a request; the answer's status, and the events that it passes on. */
export async function receive({ body, headers, kept, parameters = {} }) {
  let status = 200;
  const response = { status: (code) => ((status = code), response), json: () => response };
  const shared = base({ credentials: {}, parameters });
  const self = {
    ...shared,
    getWorkflowStaticData: () => kept,
    getNodeParameter: (name, otherwise) => shared.at(name, parameters) ?? otherwise,
    getRequestObject: () => ({ rawBody: body }),
    getHeaderData: () => headers,
    getResponseObject: () => response,
  };
  const { workflowData } = await new MunadiTrigger().webhook.call(self);
  return { status, events: (workflowData?.[0] ?? []).map(({ json }) => json) };
}

/** The status of the request by which n8n tests the credentials. */
export async function credentialTest({ credentials }) {
  const { url } = new MunadiApi().test.request;
  const options = { method: "GET", url: credentials.baseUrl + url, headers: {} };
  return (await base({ credentials }).helpers.httpRequestWithAuthentication("munadiApi", options)).statusCode;
}

/** A list that the editor offers. */
export async function choices(method, given) {
  return await new Munadi().methods.loadOptions[method].call(base(given));
}
