import { allowAnyone, createGateway, openaiCompatible, type Gateway } from "@llm-gateway/core";
import supertest from "supertest";
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from "vitest";
import { chat, silent } from "../../core/src/testing/adapter/start-host.ts";
import { greet, startUpstream } from "../../core/src/testing/adapter/upstream.ts";
import { chatAnswer } from "../../core/src/testing/wire.ts";
import { llmGateway, type ExpressOptions } from "../src/index.ts";
import { frameworks, path, setUp } from "./set-up.ts";

describe.each(frameworks)("%s", (_version, framework) => {
  describe("where it is mounted", () => {
    test("in a router, at a prefix with a parameter", async () => {
      const { app, middleware } = await setUp(framework);
      const router = framework.Router();
      router.use("/llm", middleware);
      app.use("/tenants/:tenant", router);
      expect((await supertest(app).post(`/tenants/acme/llm${path}`).send(chat)).status).toBe(200);
    });

    test("two gateways in one app know nothing of each other", async () => {
      const first = await setUp(framework, (call) => call.answer(chatAnswer("First")));
      const second = await setUp(framework, (call) => call.answer(chatAnswer("Second")));
      first.app.use("/a", first.middleware).use("/b", second.middleware);
      expect((await supertest(first.app).post(`/b${path}`).send(chat)).text).toContain("Second");
      expect((await supertest(first.app).post(`/a${path}`).send(chat)).text).toContain("First");
      await first.middleware.close();
      expect((await supertest(first.app).post(`/a${path}`).send(chat)).status).toBe(503);
      expect((await supertest(first.app).post(`/b${path}`).send(chat)).status).toBe(200);
    });
  });

  describe("what is not the gateway's is the host's", () => {
    test("also where its path can not be decoded", async () => {
      const { app, middleware, upstream } = await setUp(framework);
      app.use(middleware);
      app.use((request, response) => void response.status(418).send(`${request.method} ${request.url}`));
      const answer = await supertest(app).get("/v1/models/%ff");
      expect(answer.status).toBe(418);
      expect(answer.text).toBe("GET /v1/models/%ff");
      expect(upstream.calls).toHaveLength(0);
    });

    test("and ends in its 404", async () => {
      const { app, middleware } = await setUp(framework);
      app.use(middleware);
      const answer = await supertest(app).get("/v1/nothing");
      expect(answer.status).toBe(404);
      expect(answer.type).toBe("text/html");
    });

    test("also the next handler's own body parser", async () => {
      const { app, middleware } = await setUp(framework);
      app.use(middleware);
      app.post("/own", framework.json(), (request, response) => void response.json(request.body));
      expect((await supertest(app).post("/own").send({ a: 1 })).body).toEqual({ a: 1 });
    });
  });

  describe("the middleware", () => {
    test("has a name, its gateway, and a close", async () => {
      const { middleware } = await setUp(framework);
      expect(middleware.name).toBe("llmGatewayMiddleware");
      expect(middleware).toHaveLength(3);
      expect(middleware.gateway.fetch).toBeTypeOf("function");
      expectTypeOf(middleware.gateway).toEqualTypeOf<Gateway>();
      await middleware.close();
      await middleware.close({ drainMs: 1 });
    });

    test("takes a gateway that is already there", async () => {
      const upstream = await startUpstream({ defer: onTestFinished }, greet);
      const gateway = createGateway({
        providers: [upstream.provider],
        authenticate: allowAnyone(),
        logger: silent,
      });
      const middleware = llmGateway(gateway);
      expect(middleware.gateway).toBe(gateway);
      expect((await supertest(framework().use(middleware)).post(path).send(chat)).status).toBe(200);
    });

    test.each<[string, object, string]>([
      ["an option that does not exist", { provider: [] }, "`provider`"],
      ["a limit of nothing", { limits: { maxBodyBytes: 0 } }, "`limits.maxBodyBytes`"],
    ])("refuses %s when it is made", (_, options, message) => {
      expect(() => llmGateway(options as ExpressOptions)).toThrow(message);
    });

    test("is not made in production where nobody decides who may call", () => {
      vi.stubEnv("LLM_GATEWAY_KEYS", "").stubEnv("NODE_ENV", "production");
      const providers = [openaiCompatible({ id: "house", baseURL: "http://127.0.0.1:1/v1" })];
      expect(() => llmGateway({ providers })).toThrow(TypeError);
      expect(() => llmGateway({ providers })).toThrow("LLM_GATEWAY_KEYS");
      expect(() => llmGateway({ providers, authenticate: allowAnyone() })).not.toThrow();
      vi.unstubAllEnvs();
    });
  });
});
