// A server whose answers are given, for tests of the client.

import { createServer } from "node:http";
import { Munadi } from "../dist/esm/index.js";

export const problem = (status, more = {}) => [status, { "content-type": "application/problem+json", ...more.headers }, {
  type: "about:blank", title: "Refused", status, code: more.code ?? "REFUSED", errors: more.errors ?? [],
}];

export const CUT = Symbol("cut");

/** A server that gives these answers in turn, and the requests it got. A null answer ends the connection, CUT in its
 * body; a function answers the request that it gets. */
export async function serving(answers, use) {
  const requests = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      requests.push({ at: Date.now(), method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(parts) });
      const given = answers[Math.min(requests.length, answers.length) - 1];
      const answer = typeof given === "function" ? given(request) : given;
      if (answer === null) return request.socket.destroy();
      if (answer === CUT) {
        response.writeHead(200, { "content-length": "1000" });
        return response.write("{", () => request.socket.destroy());
      }
      response.writeHead(answer[0], answer[1]);
      response.end(answer[2] === undefined ? "" : typeof answer[2] === "string" ? answer[2] : JSON.stringify(answer[2]));
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use(new Munadi({ url: `http://127.0.0.1:${server.address().port}/`, apiKey: "mk_test" }), requests);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

export const page = (status) => [status, { "content-type": "text/html" }, "<h1>Bad gateway</h1>"];
export const OK = [200, { "content-type": "application/json" }, { id: "cnt_1", status: "published", data: [], nextCursor: null }];
