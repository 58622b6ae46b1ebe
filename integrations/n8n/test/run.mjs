// Runs one call of the harness, described by a JSON object on stdin, and prints its result. For tests in other languages.
import { text } from "node:stream/consumers";
import { choices, credentialTest, execute, hook, receive } from "./harness.mjs";

const { call, method, ...given } = JSON.parse(await text(process.stdin));
if (given.body) given.body = Buffer.from(given.body, "base64");
const calls = { credentialTest: () => credentialTest(given), execute: () => execute(given), hook: () => hook(method, given), choices: () => choices(method, given), receive: () => receive(given) };
try {
  const result = await calls[call]();
  // The error of an item repeats what its JSON says.
  const shown = call === "execute" ? result.map(({ json, pairedItem }) => ({ json, pairedItem })) : result;
  console.log(JSON.stringify({ result: shown, kept: given.kept, context: given.context }));
} catch (error) {
  const { name, message, description, httpCode, context } = error;
  console.log(JSON.stringify({ error: { name, message, description, httpCode, problem: context?.problem }, context: given.context }));
}
