import { Router } from "@koa/router";
import mount from "koa-mount";
import supertest from "supertest";
import { describe, expect, test } from "vitest";
import { chatAnswer } from "../../core/src/testing/wire.ts";
import { chat, frameworks, path, setUp } from "./set-up.ts";

describe.each(frameworks)("%s", (_version, framework) => {
  describe("where it is mounted", () => {
    test("at a prefix, and only there", async () => {
      const { app, middleware } = setUp(framework);
      const inner = new framework().use(middleware);
      app.use(mount("/tenants/acme", mount("/llm", inner)));
      const client = supertest(app.callback());
      expect((await client.post(`/tenants/acme/llm${path}?x=1`).send(chat)).status).toBe(200);
      expect((await client.get("/tenants/acme/llm/v1/models/openai%2Fgpt-5")).body).toMatchObject({
        id: "openai/gpt-5",
      });
      expect((await client.post(`/llm${path}`).send(chat)).status).toBe(404);
      expect((await client.post(path).send(chat)).status).toBe(404);
    });

    test("in a router, as one of its routes", async () => {
      const { app, middleware } = setUp(framework);
      const router = new Router().post(path, middleware);
      app.use(router.routes()).use(router.allowedMethods());
      expect((await supertest(app.callback()).post(path).send(chat)).status).toBe(200);
      expect((await supertest(app.callback()).get(path)).status).toBe(405);
      expect((await supertest(app.callback()).get("/v1/models")).status).toBe(404);
    });

    test("in a router, below a prefix", async () => {
      const { app, middleware } = setUp(framework);
      app.use(new Router().all("/llm/{*rest}", mount("/llm", middleware)).routes());
      expect((await supertest(app.callback()).post(`/llm${path}`).send(chat)).status).toBe(200);
      expect((await supertest(app.callback()).get("/llm/v1/models")).status).toBe(200);
    });

    test("in a router that is itself below a prefix", async () => {
      const { app, middleware } = setUp(framework);
      app.use(mount("/llm", new Router().all("/v1/{*rest}", middleware).routes()));
      expect((await supertest(app.callback()).post(`/llm${path}`).send(chat)).status).toBe(200);
    });

    test("two gateways in one app know nothing of each other", async () => {
      const first = setUp(framework, { body: chatAnswer("First") });
      const second = setUp(framework, { body: chatAnswer("Second") });
      const { app } = first;
      app.use(mount("/a", first.middleware)).use(mount("/b", second.middleware));
      const client = supertest(app.callback());
      expect((await client.post(`/b${path}`).send(chat)).text).toContain("Second");
      expect((await client.post(`/a${path}`).send(chat)).text).toContain("First");
      await first.middleware.close();
      expect((await client.post(`/a${path}`).send(chat)).status).toBe(503);
      expect((await client.post(`/b${path}`).send(chat)).status).toBe(200);
    });
  });

  describe("what is not the gateway's", () => {
    test("ends in Koa's 404", async () => {
      const { app, middleware } = setUp(framework);
      app.use(middleware);
      const answer = await supertest(app.callback()).get("/v1/nothing");
      expect(answer.status).toBe(404);
      expect(answer.text).toBe("Not Found");
    });

    test("fails as it does without the gateway", async () => {
      const { app, middleware, errors } = setUp(framework);
      app.use(middleware).use((ctx) => ctx.throw(409, "mine"));
      expect((await supertest(app.callback()).get("/own")).text).toBe("mine");
      expect(errors).toMatchObject([{ status: 409 }]);
    });
  });
});
