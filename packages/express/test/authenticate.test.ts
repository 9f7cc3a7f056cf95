import { AsyncLocalStorage } from "node:async_hooks";
import { defineStage } from "@llm-gateway/core";
import type { Request } from "express";
import supertest from "supertest";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import { chat } from "../../core/src/testing/adapter/start-host.ts";
import { greet } from "../../core/src/testing/adapter/upstream.ts";
import type { ExpressOptions } from "../src/index.ts";
import { frameworks, path, setUp } from "./set-up.ts";

describe.each(frameworks)("%s", (_version, framework) => {
  describe("who asks", () => {
    test("authenticate sees the path below the mount path, and Express's request with its type", async () => {
      const seen: unknown[] = [];
      const { app, middleware } = await setUp(framework, greet, {
        authenticate: (request) => {
          expectTypeOf(request.raw).toEqualTypeOf<Request>();
          expectTypeOf(request.raw.user).toEqualTypeOf<{ readonly name: string } | undefined>();
          // @ts-expect-error Express's request has no such member.
          seen.push(request.path, request.raw.originalUrl, request.raw.originalURL);
          return { id: "ada" };
        },
      });
      app.use("/llm", middleware);
      await supertest(app).post(`/llm${path}?x=1`).send(chat);
      expect(seen).toEqual([path, `/llm${path}?x=1`, undefined]);
    });

    test("a stage finds what the host keeps for the request", async () => {
      const session = new AsyncLocalStorage<string>();
      const seen: (string | undefined)[] = [];
      const look = defineStage("look", (_, next) => {
        seen.push(session.getStore());
        return next();
      });
      const { app, middleware } = await setUp(framework, greet, { stages: (defaults) => [...defaults, look] });
      app.use((_request, _response, next) => session.run("ada", next), middleware);
      await supertest(app).post(path).send(chat);
      expect(seen).toEqual(["ada"]);
    });

    test("a proxy the host trusts does not make its clients local", async () => {
      vi.stubEnv("LLM_GATEWAY_KEYS", "");
      // An option that is there but undefined was not given.
      const { app, middleware } = await setUp(framework, greet, {
        authenticate: undefined,
      } as unknown as ExpressOptions);
      vi.unstubAllEnvs();
      app.set("trust proxy", true).use(middleware);
      const asked = supertest(app).post(path).set("host", "localhost").send(chat);
      expect((await asked).status).toBe(200);
      expect((await supertest(app).post(path).set("x-forwarded-for", "127.0.0.1").send(chat)).status).toBe(401);
    });
  });
});
