import assert from "node:assert/strict";
import { defineStage, type GatewayOptions } from "../../index.ts";
import type { Contract } from "./contract.ts";
import { chat } from "./start-host.ts";

const body = { ...chat, max_tokens: 9 };
const large = { ...body, messages: [{ role: "user", content: "x".repeat(2_000) }] };
const hostile = defineStage("hostile", () => Promise.reject(new Error("secret")));

interface ErrorCase {
  readonly what: string;
  readonly body: object | string;
  readonly options?: GatewayOptions;
  readonly status: number;
  /** As OpenAI's clients know it. */
  readonly code: string;
  /** As Anthropic's clients know it. */
  readonly type: string;
}

const cases: readonly ErrorCase[] = [
  { what: "bad JSON", body: "{", status: 400, code: "invalid_json", type: "invalid_request_error" },
  {
    what: "an unknown model",
    body: { ...body, model: "nobody/m" },
    status: 404,
    code: "model_not_found",
    type: "not_found_error",
  },
  {
    what: "nobody we know",
    body,
    options: { authenticate: () => null },
    status: 401,
    code: "invalid_api_key",
    type: "authentication_error",
  },
  {
    what: "a body that is too large",
    body: large,
    options: { limits: { maxBodyBytes: 1_000 } },
    status: 413,
    code: "request_too_large",
    type: "request_too_large",
  },
  {
    what: "a stage that fails",
    body,
    options: { stages: [hostile] },
    status: 500,
    code: "internal_error",
    type: "api_error",
  },
  {
    what: "a provider that refuses",
    body,
    status: 400,
    code: "upstream_invalid_request",
    type: "invalid_request_error",
  },
];

export const testErrors = ({ describe, test }: Contract): void => {
  describe("an error is answered in the dialect that was asked", () => {
    for (const { what, body: sent, options = {}, status, code, type } of cases) {
      test(what, async ({ start }) => {
        const { ask } = await start({
          respond: (call) => call.answer({ error: { message: "no" } }, 400),
          options,
        });
        for (const [path, expected] of [
          ["/v1/chat/completions", { error: { code } }],
          ["/v1/messages", { type: "error", error: { type } }],
        ] as const) {
          const answer = await ask(sent, { path });
          assert.equal(answer.status, status);
          assert.match(String(answer.headers["content-type"]), /^application\/json/);
          assert.match(String(answer.headers["x-should-retry"]), /^(true|false)$/);
          const text = await answer.text();
          assert.partialDeepStrictEqual(JSON.parse(text), expected);
          assert.equal(text.includes("secret"), false);
        }
      });
    }
  });
};
