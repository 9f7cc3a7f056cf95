import { describe, expect, test, vi } from "vitest";
import type { GatewayOptions } from "../../src/index.ts";
import { ask } from "./client.ts";
import { chat, silent, startHost, type Host, type Mount } from "./set-up.ts";
import { greet } from "./upstream.ts";

/** A host whose gateway was told by nobody who may call it. */
const startUndecided = (
  mount: Mount,
  environment: Record<string, string>,
  more: GatewayOptions = {},
): Promise<Host> => {
  vi.stubEnv("LLM_GATEWAY_KEYS", "");
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  // An option that is there but undefined was not given.
  return startHost(mount, greet, { authenticate: undefined, ...more } as GatewayOptions).finally(() =>
    vi.unstubAllEnvs(),
  );
};

export const testAccess = (mount: Mount): void => {
  describe("who may call, where nothing decides", () => {
    test("this machine, and a warning is logged once", async () => {
      const warnings: string[] = [];
      const logger = { ...silent, warn: (message: string) => void warnings.push(message) };
      const { origin } = await startUndecided(mount, {}, { logger });
      expect((await ask(origin, chat)).status).toBe(200);
      expect((await ask(origin.replace("127.0.0.1", "localhost"), chat)).status).toBe(200);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain("LLM_GATEWAY_KEYS");
    });

    test.each([
      ["came through a proxy", { "x-forwarded-for": "203.0.113.9" }],
      ["came through a proxy that says so in the standard way", { forwarded: "for=203.0.113.9" }],
      ["meant another host", { host: "gateway.example" }],
      ["meant a host that only begins like this one", { host: "localhost.example:3000" }],
    ])("nobody who %s", async (_, headers) => {
      const { origin, upstream } = await startUndecided(mount, {});
      const answer = await ask(origin, chat, { headers });
      expect(answer.status).toBe(401);
      const text = await answer.text();
      expect(text).toContain('"code":"invalid_api_key"');
      expect(text).toContain("authenticate");
      expect(upstream.calls).toHaveLength(0);
    });

    test("with LLM_GATEWAY_KEYS: who has one of the keys", async () => {
      const { origin } = await startUndecided(mount, { LLM_GATEWAY_KEYS: "first, second" });
      const status = async (authorization: string): Promise<number> =>
        (await ask(origin, chat, { headers: { authorization } })).status;
      expect(await status("Bearer second")).toBe(200);
      expect(await status("Bearer third")).toBe(401);
      expect((await ask(origin, chat)).status).toBe(401);
    });

    test("in production, a gateway that nobody decided for is not made", async () => {
      await expect(startUndecided(mount, { NODE_ENV: "production" })).rejects.toThrow(TypeError);
    });
  });
};
