import { allowAnyone, createGateway, openai, type Gateway } from "@llm-gateway/core";
import { createFakeTransport } from "@llm-gateway/core/testing";
import supertest from "supertest";
import { describe, expect, expectTypeOf, test } from "vitest";
import { llmGateway } from "../src/index.ts";
import { chat, frameworks, greeting, path, setUp } from "./set-up.ts";

describe.each(frameworks)("%s", (_version, framework) => {
  describe("the middleware", () => {
    test("has a name, its gateway, and a close", async () => {
      const { middleware } = setUp(framework);
      expect(middleware.name).toBe("llmGatewayMiddleware");
      expect(middleware.gateway.fetch).toBeTypeOf("function");
      expectTypeOf(middleware.gateway).toEqualTypeOf<Gateway>();
      await middleware.close();
      await middleware.close({ drainMs: 1 });
    });

    test("takes a gateway that is already there", async () => {
      const gateway = createGateway({
        providers: [openai({ apiKey: "sk-test" })],
        authenticate: allowAnyone(),
        transport: createFakeTransport(() => greeting),
      });
      const middleware = llmGateway(gateway);
      expect(middleware.gateway).toBe(gateway);
      const app = new framework().use(middleware);
      expect((await supertest(app.callback()).post(path).send(chat)).status).toBe(200);
    });

    test("refuses what is wrong when it is made", () => {
      // @ts-expect-error There is no such option.
      expect(() => llmGateway({ provider: [] })).toThrow("`provider`");
      expect(() => llmGateway({ limits: { maxBodyBytes: 0 } })).toThrow("`limits.maxBodyBytes`");
    });
  });
});
