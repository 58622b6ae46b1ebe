// The rules of `n8n-node lint`: n8n's two plugins, with what its own configuration turns off. Its package is not used,
// since it needs a newer Node and a hundred megabytes for the same judgement.
import js from "@eslint/js";
import { n8nCommunityNodesPlugin as community } from "@n8n/eslint-plugin-community-nodes";
import base from "eslint-plugin-n8n-nodes-base";
import typescript from "typescript-eslint";

export default typescript.config(
  { ignores: ["dist", "test", "eslint.config.mjs"] },
  {
    files: ["**/*.ts"],
    extends: [js.configs.recommended, typescript.configs.recommended, community.configs.recommended],
    rules: { "no-console": "error" },
  },
  { plugins: { "n8n-nodes-base": base } },
  {
    files: ["package.json"],
    extends: [community.configs.recommended],
    rules: {
      ...base.configs.community.rules,
      // It wants MIT; Munadi is licensed under Apache-2.0.
      "n8n-nodes-base/community-package-json-license-not-default": "off",
    },
    languageOptions: { parser: typescript.parser, parserOptions: { extraFileExtensions: [".json"] } },
  },
  {
    files: ["credentials/**/*.ts"],
    rules: {
      ...base.configs.credentials.rules,
      "n8n-nodes-base/cred-class-field-documentation-url-miscased": "off",
      "n8n-nodes-base/cred-class-field-type-options-password-missing": "off",
    },
  },
  {
    files: ["nodes/**/*.ts"],
    rules: {
      ...base.configs.nodes.rules,
      "n8n-nodes-base/node-class-description-inputs-wrong-regular-node": "off",
      "n8n-nodes-base/node-class-description-outputs-wrong": "off",
      "n8n-nodes-base/node-param-type-options-max-value-present": "off",
    },
  },
);
