import { createServer, type RequestListener } from "node:http";
import { allowAnyone, createGateway, defineStage, openaiCompatible, type Gateway } from "@llm-gateway/core";
import supertest from "supertest";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { testAdapter } from "../../core/test/adapter/adapter-contract.ts";
import { ask } from "../../core/test/adapter/client.ts";
import { watchCrashes } from "../../core/test/adapter/crashes.ts";
import { listen } from "../../core/test/adapter/listen.ts";
import { chat, silent, streamedChat } from "../../core/test/adapter/set-up.ts";
import { greet, startUpstream } from "../../core/test/adapter/upstream.ts";
import { chatAnswer, chatStream } from "../../core/test/wire.ts";
import { llmGateway, type ExpressOptions } from "../src/index.ts";
import { frameworks, path, setUp, watchErrors } from "./set-up.ts";

const large = { ...chat, messages: [{ role: "user", content: "x".repeat(2_000) }] };

describe.each(frameworks)("%s with the gateway at its root", (version, framework) => {
  // Express would refuse to name itself in an answer that has begun.
  testAdapter(version, (gateway: Gateway): RequestListener =>
    framework().disable("x-powered-by").use(llmGateway(gateway)),
  );
});

describe.each(frameworks)("%s", (_version, framework) => {
  describe("where it is mounted", () => {
    test("at the root", async () => {
      const { app, middleware } = await setUp(framework);
      app.use(middleware);
      const { status, body } = await supertest(app).post(path).send(chat);
      expect(status).toBe(200);
      expect(body).toMatchObject({ choices: [{ message: { content: "Hello" } }] });
    });

    test("at a prefix, and only there", async () => {
      const { app, middleware } = await setUp(framework);
      app.use("/llm", middleware);
      expect((await supertest(app).post(`/llm${path}?x=1`).send(chat)).status).toBe(200);
      expect((await supertest(app).get("/llm/v1/models/house%2Fm")).body).toMatchObject({ id: "house/m" });
      expect((await supertest(app).post(path).send(chat)).status).toBe(404);
    });

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
    test.each([
      ["get", "/"],
      ["get", path],
      ["put", path],
      ["options", path],
      ["post", "/v1/models"],
      ["get", "/v1/models/"],
      ["get", "/v1/files"],
      ["get", "/v1/models/%ff"],
    ] as const)("%s %s goes to the next handler", async (method, url) => {
      const { app, middleware, upstream } = await setUp(framework);
      app.use(middleware);
      app.use((request, response) => void response.status(418).send(`${request.method} ${request.url}`));
      const answer = await supertest(app)[method](url);
      expect(answer.status).toBe(418);
      expect(answer.text).toBe(`${method.toUpperCase()} ${url}`);
      expect(upstream.calls).toHaveLength(0);
    });

    test("or ends in its 404", async () => {
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

  describe("errors", () => {
    test.each<[string, object | string, ExpressOptions, number]>([
      ["bad JSON", "{", {}, 400],
      ["an unknown model", { ...chat, model: "nobody/m" }, {}, 404],
      ["nobody we know", chat, { authenticate: () => null }, 401],
      ["a body that is too large", large, { limits: { maxBodyBytes: 1000 } }, 413],
      [
        "a stage that fails",
        chat,
        { stages: [defineStage("hostile", () => Promise.reject(new Error("secret")))] },
        500,
      ],
    ])("the host's own handler never sees ours: %s", async (_, body, options, expected) => {
      const crashes = watchCrashes();
      const { app, middleware } = await setUp(framework, greet, options);
      app.use(middleware);
      const errors = watchErrors(app);
      const answer = await supertest(app).post(path).type("json").send(body);
      expect(answer.status).toBe(expected);
      expect(answer.type).toBe("application/json");
      expect([...errors, ...crashes]).toEqual([]);
    });

    test("nor what happens inside a stream", async () => {
      const crashes = watchCrashes();
      const { app, middleware } = await setUp(framework, (call) => {
        call.send(...chatStream("Hello").slice(0, 2));
        call.response.end();
      });
      app.use(middleware);
      const errors = watchErrors(app);
      const answer = await ask(await listen(createServer(app)), streamedChat);
      await expect(answer.text()).rejects.toMatchObject({ code: "ECONNRESET" });
      expect([...errors, ...crashes]).toEqual([]);
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
      const upstream = await startUpstream(greet);
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
