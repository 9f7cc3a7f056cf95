import { defineStage } from "@llm-gateway/core";
import type { Middleware, ParameterizedContext } from "koa";
import mount from "koa-mount";
import supertest from "supertest";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import type { KoaOptions } from "../src/index.ts";
import { chat, frameworks, greeting, path, setUp } from "./set-up.ts";

interface State {
  user?: { readonly name: string };
}

interface Session {
  session: string;
}

describe.each(frameworks)("%s", (_version, framework) => {
  describe("who asks", () => {
    test("authenticate sees the path below the mount path, and Koa's context with the app's types", async () => {
      const seen: unknown[] = [];
      const options: KoaOptions<State, Session> = {
        authenticate: ({ path: below, raw }) => {
          expectTypeOf(raw).toEqualTypeOf<ParameterizedContext<State, Session>>();
          expectTypeOf(raw.state.user).toEqualTypeOf<State["user"]>();
          expectTypeOf(raw.session).toEqualTypeOf<string>();
          seen.push(below, raw.originalUrl, raw.query["x"], raw.session);
          // @ts-expect-error The app keeps nothing of this name.
          seen.push(raw.state.usr);
          // @ts-expect-error Koa's context has no such member.
          seen.push(raw.originalURL);
          return { id: "ada" };
        },
      };
      const { app, middleware } = setUp(framework, greeting, options);
      // @ts-expect-error This app has another kind of session.
      middleware satisfies Middleware<State, { readonly session: number }>;
      app.use((ctx, next) => {
        ctx.session = "s1";
        return next();
      });
      app.use(mount("/llm", middleware));
      await supertest(app.callback()).post(`/llm${path}?x=1`).send(chat);
      expect(seen).toEqual([path, `/llm${path}?x=1`, "1", "s1", undefined, undefined]);
    });

    test("a user without an id is not let in", async () => {
      const { app, middleware } = setUp<State>(framework, greeting, {
        // @ts-expect-error What `authenticate` brings must have an `id`.
        authenticate: ({ raw }) => raw.state.user,
      });
      app.use((ctx, next) => {
        ctx.state.user = { name: "ada" };
        return next();
      });
      app.use(middleware);
      expect((await supertest(app.callback()).post(path).send(chat)).status).toBe(503);
    });

    test("a stage finds the context of the request", async () => {
      const app = new framework<State>({ asyncLocalStorage: true });
      const seen: unknown[] = [];
      const look = defineStage("look", (_, next) => {
        seen.push(app.currentContext?.["state"]);
        return next();
      });
      const { middleware } = setUp<State>(framework, greeting, { stages: (defaults) => [...defaults, look] });
      app.use((ctx, next) => {
        ctx.state.user = { name: "ada" };
        return next();
      });
      app.use(middleware);
      await supertest(app.callback()).post(path).send(chat);
      expect(seen).toEqual([{ user: { name: "ada" } }]);
    });

    test("a proxy the host trusts does not make its clients local", async () => {
      vi.stubEnv("LLM_GATEWAY_KEYS", "");
      // An option that is there but undefined was not given.
      const { app, middleware } = setUp(framework, greeting, { authenticate: undefined } as unknown as KoaOptions);
      vi.unstubAllEnvs();
      app.proxy = true;
      app.use(middleware);
      const client = supertest(app.callback());
      expect((await client.post(path).set("host", "localhost").send(chat)).status).toBe(200);
      const forwarded = client.post(path).set("host", "localhost").set("x-forwarded-for", "127.0.0.1");
      expect((await forwarded.send(chat)).status).toBe(401);
    });
  });
});
