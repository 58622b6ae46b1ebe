// A server that answers what the test says, and keeps what it was asked.
import { createServer } from "node:http";
import { after, beforeEach } from "node:test";

export const said = { requests: [], answers: [] };
const server = createServer(async (request, response) => {
  const body = Buffer.concat(await request.toArray());
  said.requests.push({ method: request.method, url: request.url, headers: request.headers, body });
  const { answers } = said;
  const [status, answer, headers = {}] = answers.length > 1 ? answers.shift() : answers[0];
  if (status === 0) return request.socket.destroy();
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(typeof answer === "string" ? answer : JSON.stringify(answer));
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
export const credentials = { baseUrl: `http://127.0.0.1:${server.address().port}/`, apiKey: "mun_key" };
after(() => server.close());
beforeEach(() => {
  said.requests = [];
  said.answers = [[202, { id: "cnt_1" }]];
});

export const PROBLEM = {
  type: "/docs/reference/problems#content_invalid", title: "The post is invalid", status: 422, detail: "Correct the fields.", code: "CONTENT_INVALID",
  errors: [{ pointer: "/text", code: "TEXT_TOO_LONG", message: "too long", limit: 300, actual: 412 }],
};
