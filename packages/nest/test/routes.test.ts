import { Controller, Module, Post, RequestMethod, VERSION_NEUTRAL, VersioningType } from "@nestjs/common";
import { createFakeTransport } from "@llm-gateway/core/testing";
import { describe, expect, test } from "vitest";
import { chatAnswer } from "../../core/src/testing/wire.ts";
import { LlmGatewayModule, type ModuleOptions } from "../src/index.ts";
import { platforms } from "./platforms.ts";
import { chat, large, listening, optionsWith, path, setUp, type Setting } from "./set-up.ts";

const uri = { type: VersioningType.URI as const };
const exclude = [{ path: "v1/*path", method: RequestMethod.ALL }];

@Controller("chat/v1/messages")
class ChatController {
  @Post()
  add(): string {
    return "the application's own";
  }
}

describe.each(platforms)("%s", (_name, create) => {
  describe("the routes", () => {
    test.each<[string, string, Setting["configure"], ModuleOptions]>([
      ["at the root", path, undefined, {}],
      ["at a root that is named", path, undefined, { path: "/" }],
      ["at a path", `/llm${path}`, undefined, { path: "llm" }],
      ["at a path of several segments", `/ai/llm${path}`, undefined, { path: "/ai/llm/" }],
      ["at a path with a parameter", `/tenants/acme/llm${path}`, undefined, { path: "tenants/:tenant/llm" }],
      ["below the global prefix", `/api${path}`, (app) => app.setGlobalPrefix("api"), {}],
      ["below the global prefix, at a path", `/api/llm${path}`, (app) => app.setGlobalPrefix("/api"), { path: "llm" }],
      ["excepted from the global prefix", path, (app) => app.setGlobalPrefix("api", { exclude }), {}],
      ["with versions, and none by default", path, (app) => app.enableVersioning(uri), {}],
      [
        "below the default version",
        `/api/v2/llm${path}`,
        (app) => app.setGlobalPrefix("api").enableVersioning({ ...uri, defaultVersion: "2" }),
        { path: "llm" },
      ],
      [
        "below one of the default versions, with a prefix of its own",
        `/r3${path}`,
        (app) => app.enableVersioning({ ...uri, prefix: "r", defaultVersion: ["2", "3"] }),
        {},
      ],
      [
        "below a default version without a prefix",
        `/2${path}`,
        (app) => app.enableVersioning({ ...uri, prefix: false, defaultVersion: "2" }),
        {},
      ],
      [
        "neutral by default",
        path,
        (app) => app.enableVersioning({ ...uri, defaultVersion: [VERSION_NEUTRAL, "2"] }),
        {},
      ],
      [
        "with versions in a header",
        path,
        (app) => app.enableVersioning({ type: VersioningType.HEADER, header: "x-version" }),
        {},
      ],
    ])("%s, large bodies included", async (_, at, configure, options) => {
      const { ask, transport } = await setUp(create, { ...(configure && { configure }), options });
      expect((await ask(chat, { path: at })).status).toBe(200);
      expect((await ask(large, { path: `${at}?x=1` })).status).toBe(200);
      const models = at.replace(path, "/v1/models");
      expect((await ask(undefined, { method: "GET", path: models })).status).toBe(200);
      const model = await ask(undefined, { method: "HEAD", path: `${models}/openai%2Fgpt-5` });
      expect(model.status).toBe(200);
      expect(transport.requests).toHaveLength(2);
    });

    test.each(["openai%2Fgpt-test", "openai/gpt-test", "openai/openai/gpt/test"])(
      "hold a model's name in the path: %s",
      async (name) => {
        const { ask, transport } = await setUp(create, { options: { path: "llm" } });
        const contents = [{ parts: [{ text: "x".repeat(1_200_000) }] }];
        const answer = await ask({ contents }, { path: `/llm/v1beta/models/${name}:generateContent` });
        expect(JSON.parse(await answer.text())).toMatchObject({ candidates: [{ finishReason: "STOP" }] });
        expect(transport.requests).toHaveLength(1);
        const unknown = await ask({ contents: [] }, { path: `/llm/v1beta/models/${name}:embedContent` });
        expect(JSON.parse(await unknown.text())).toMatchObject({ message: expect.stringMatching(/^Cannot POST/) });
      },
    );

    test("are refused without the version that the application asks for", async () => {
      const versioning = { type: VersioningType.HEADER as const, header: "x-version", defaultVersion: "2" };
      const { ask } = await setUp(create, { configure: (app) => app.enableVersioning(versioning) });
      expect((await ask(chat, { headers: { "x-version": "2" } })).status).toBe(200);
      expect((await ask(chat, { headers: { "x-version": "3" } })).status).toBe(404);
    });

    test("are the only ones: what else is asked for is Nest's to answer", async () => {
      const { ask } = await setUp(create, { parts: { controllers: [ChatController] } });
      for (const [method, url] of [
        ["POST", "/v1/none"],
        ["GET", path],
        ["GET", "/v1/models/a/b/c/d/e"],
      ]) {
        const answer = await ask(undefined, { ...(method === undefined ? {} : { method }), path: String(url) });
        expect(answer.status).toBe(404);
        expect(JSON.parse(await answer.text())).toMatchObject({ message: `Cannot ${method} ${url}` });
      }
      expect(await (await ask(chat, { path: "/chat/v1/messages" })).text()).toBe("the application's own");
    });

    test("of two gateways in one application know nothing of each other", async () => {
      const gatewayAt = (at: string, answer: string): ReturnType<typeof LlmGatewayModule.forRoot> =>
        LlmGatewayModule.forRoot({
          ...optionsWith(createFakeTransport(() => ({ body: chatAnswer(answer) }))),
          path: at,
        });
      @Module({ imports: [gatewayAt("a", "First"), gatewayAt("b", "Second")] })
      class AppModule {}
      const { ask } = await listening(await create(AppModule));
      expect(await (await ask(chat, { path: `/b${path}` })).text()).toContain("Second");
      expect(await (await ask(chat, { path: `/a${path}` })).text()).toContain("First");
    });
  });
});
