// Verify a receipt with Node alone: node verify.mjs receipt.jws munadi-keys.json
import { createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const [receipt, keys] = process.argv.slice(2).map((name) => readFileSync(name, "utf8").trim());
const [header, claims, signature] = receipt.split(".");
const { alg, kid } = JSON.parse(Buffer.from(header, "base64url"));
const key = createPublicKey({ key: JSON.parse(keys).keys.find((each) => each.kid === kid), format: "jwk" });
if (alg !== "EdDSA" || !verify(null, Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, "base64url"))) throw new Error("not genuine");
console.log(Buffer.from(claims, "base64url").toString());
