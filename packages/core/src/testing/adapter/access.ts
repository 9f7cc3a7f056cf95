import assert from "node:assert/strict";
import type { AuthenticateRequest, GatewayOptions } from "../../index.ts";
import { assertIncludes } from "./assert-includes.ts";
import type { Contract, TestTools } from "./contract.ts";
import { setEnvironment } from "./environment.ts";
import { chat, silent, type StartedHost } from "./start-host.ts";
import { greet } from "./upstream.ts";

/** A host whose gateway was told by nobody who may call it. */
const startUndecided = (
  { start, ...scope }: TestTools,
  environment: Readonly<Record<string, string>> = {},
  more: GatewayOptions = {},
): Promise<StartedHost> => {
  setEnvironment(scope, { LLM_GATEWAY_KEYS: "", ...environment });
  // An option that is there but undefined was not given.
  return start({ respond: greet, options: { authenticate: undefined, ...more } as GatewayOptions });
};

export const testAccess = ({ has, describe, test }: Contract): void => {
  describe("who may call", () => {
    test("is asked with what the client sent", async ({ start }) => {
      const seen: (readonly unknown[])[] = [];
      const authenticate = ({ method, path, credential, header }: AuthenticateRequest): { id: string } => {
        seen.push([method, path, credential, header("x-test")]);
        return { id: "ada" };
      };
      const { ask, ledger } = await start({ respond: greet, options: { authenticate } });
      const answer = await ask(chat, { headers: { authorization: "Bearer secret", "x-test": "1" } });
      assert.equal(answer.status, 200);
      await ask(undefined, { method: "GET", path: "/v1/models?key=other" });
      assert.deepEqual(seen, [
        ["POST", "/v1/chat/completions", "secret", "1"],
        ["GET", "/v1/models", "other", undefined],
      ]);
      assert.equal(ledger.rows()[0]?.principal, "ada");
    });

    if (has("user")) {
      test("is whom the host itself has logged in", async ({ start }) => {
        const { ask, ledger, upstream } = await start({ respond: greet, before: ["user"] });
        assert.equal((await ask(chat, { headers: { "x-user": "ada" } })).status, 200);
        assert.equal(ledger.rows()[0]?.principal, "ada");
        const refused = await ask(chat);
        assert.equal(refused.status, 401);
        assertIncludes(await refused.text(), '"code":"invalid_api_key"');
        assert.equal(upstream.calls.length, 1);
      });
    }

    test("with LLM_GATEWAY_KEYS: who has one of the keys", async (tools) => {
      const { ask } = await startUndecided(tools, { LLM_GATEWAY_KEYS: "first, second" });
      const status = async (authorization: string): Promise<number> =>
        (await ask(chat, { headers: { authorization } })).status;
      assert.equal(await status("Bearer second"), 200);
      assert.equal(await status("Bearer third"), 401);
      assert.equal((await ask(chat)).status, 401);
    });

    test("in production, a gateway that nobody decided for is not made", async (tools) => {
      await assert.rejects(startUndecided(tools, { NODE_ENV: "production" }), TypeError);
    });

    if (has("node")) {
      test("where nothing decides: this machine, and a warning is logged once", async (tools) => {
        const warnings: string[] = [];
        const logger = { ...silent, warn: (message: string) => void warnings.push(message) };
        const { ask, origin } = await startUndecided(tools, {}, { logger });
        const { port } = new URL(origin);
        assert.equal((await ask(chat)).status, 200);
        assert.equal((await ask(chat, { headers: { host: `localhost:${port}` } })).status, 200);
        assert.equal(warnings.length, 1);
        assertIncludes(warnings[0], "LLM_GATEWAY_KEYS");
      });
    }

    for (const [who, headers] of [
      ["came through a proxy", { "x-forwarded-for": "203.0.113.9" }],
      ["came through a proxy that says so in the standard way", { forwarded: "for=203.0.113.9" }],
      ["meant another host", { host: "gateway.example" }],
      ["meant a host that only begins like this one", { host: "localhost.example:3000" }],
    ] as const) {
      test(`where nothing decides: nobody who ${who}`, async (tools) => {
        const { ask, upstream } = await startUndecided(tools);
        const answer = await ask(chat, { headers });
        assert.equal(answer.status, 401);
        const text = await answer.text();
        assertIncludes(text, '"code":"invalid_api_key"');
        assertIncludes(text, "authenticate");
        assert.equal(upstream.calls.length, 0);
      });
    }
  });
};
