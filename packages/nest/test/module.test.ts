import { allowAnyone, collect, type AuthenticateRequest, type Gateway, type GatewayOptions } from "@llm-gateway/core";
import { createFakeTransport } from "@llm-gateway/core/testing";
import { Controller, Get, Inject, Injectable, Module, type DynamicModule, type ModuleMetadata } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import type { Request } from "express";
import type { FastifyRequest } from "fastify";
import { describe, expect, expectTypeOf, test } from "vitest";
import { chatAnswer } from "../../core/src/testing/wire.ts";
import { LlmGatewayModule, LlmGatewayService } from "../src/index.ts";
import { createExpress, platforms } from "./platforms.ts";
import { chat, listening, optionsWith, path, setUp } from "./set-up.ts";

const options = (): GatewayOptions => optionsWith(createFakeTransport(() => ({ body: chatAnswer("Hello") })));

/** Where the application keeps how its gateway is to be. */
@Injectable()
class Settings {
  createLlmGatewayOptions(): GatewayOptions {
    return options();
  }
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

/** The application's own use of the gateway, with no HTTP between them. */
@Controller("greeting")
class GreetingController {
  readonly #gateway: Gateway;
  readonly #fetch: typeof globalThis.fetch;

  constructor(@Inject(LlmGatewayService) { gateway }: LlmGatewayService) {
    this.#gateway = gateway;
    this.#fetch = gateway.fetchAs({ id: "greeter" });
  }

  @Get("chat")
  async chat(): Promise<string> {
    const reply = await this.#gateway.chat({ model: chat.model, messages: [{ role: "user", content: "Hello" }] });
    return JSON.stringify((await collect(reply)).choices);
  }

  @Get("fetch")
  async fetch(): Promise<number> {
    const headers = { "content-type": "application/json" };
    return (await this.#fetch(`http://gateway${path}`, { method: "POST", headers, body: JSON.stringify(chat) })).status;
  }
}

describe.each(platforms)("%s", (_name, create) => {
  test.each<[string, DynamicModule]>([
    ["forRoot", LlmGatewayModule.forRoot(options())],
    [
      "forRootAsync with a factory",
      LlmGatewayModule.forRootAsync({
        imports: [SettingsModule],
        inject: [Settings],
        useFactory: async (settings: Settings) => await Promise.resolve(settings.createLlmGatewayOptions()),
      }),
    ],
    ["forRootAsync with a class", LlmGatewayModule.forRootAsync({ useClass: Settings })],
    [
      "forRootAsync with a provider that is there",
      LlmGatewayModule.forRootAsync({ imports: [SettingsModule], useExisting: Settings }),
    ],
  ])("%s", async (_, module) => {
    @Module({ imports: [module] })
    class AppModule {}
    const { ask } = await listening(await create(AppModule));
    expect((await ask(chat)).status).toBe(200);
  });

  test("options of the module stand beside the factory", async () => {
    @Module({ imports: [LlmGatewayModule.forRootAsync({ path: "llm", isGlobal: true, useClass: Settings })] })
    class AppModule {}
    const { ask } = await listening(await create(AppModule));
    expect((await ask(chat, { path: `/llm${path}` })).status).toBe(200);
  });

  test("controllers of the application ask the gateway they have injected", async () => {
    const { ask } = await setUp(create, { parts: { controllers: [GreetingController] } });
    expect(await (await ask(undefined, { method: "GET", path: "/greeting/chat" })).text()).toContain("Hello");
    expect(await (await ask(undefined, { method: "GET", path: "/greeting/fetch" })).text()).toBe("200");
  });
});

describe("the module", () => {
  const create = (gateway: DynamicModule, parts: ModuleMetadata = {}): Promise<unknown> => {
    @Module(parts)
    class FeatureModule {}
    @Module({ imports: [gateway, FeatureModule] })
    class AppModule {}
    return createExpress(AppModule);
  };

  test("gives its service to the modules that import it, or to all", async () => {
    const parts = { controllers: [GreetingController] };
    await expect(create(LlmGatewayModule.forRoot(options()), parts)).rejects.toThrow("LlmGatewayService");
    await expect(create(LlmGatewayModule.forRoot({ ...options(), isGlobal: true }), parts)).resolves.toBeDefined();
  });

  test("works in an application without a server", async () => {
    const context = await NestFactory.createApplicationContext(LlmGatewayModule.forRoot(options()), { logger: false });
    const { gateway } = context.get(LlmGatewayService);
    const reply = await gateway.chat({ model: chat.model, messages: [{ role: "user", content: "Hello" }] });
    expect((await collect(reply)).choices).toHaveLength(1);
    await context.close();
  });

  test.each<[string, object, string]>([
    ["an option that does not exist", { provider: [] }, "`provider`"],
    ["a limit of nothing", { limits: { maxBodyBytes: 0 } }, "`limits.maxBodyBytes`"],
  ])("is not made with %s", async (_, wrong, message) => {
    await expect(create(LlmGatewayModule.forRoot(wrong))).rejects.toThrow(TypeError);
    await expect(create(LlmGatewayModule.forRoot(wrong))).rejects.toThrow(message);
    await expect(create(LlmGatewayModule.forRootAsync({ useFactory: () => wrong }))).rejects.toThrow(message);
  });

  test("takes an option that is there but undefined as not given", async () => {
    const given = { ...options(), path: undefined, isGlobal: undefined } as unknown as GatewayOptions;
    await expect(create(LlmGatewayModule.forRoot(given))).resolves.toBeDefined();
  });

  test("is typed", () => {
    LlmGatewayModule.forRoot({
      authenticate: ({ raw }: AuthenticateRequest<Request>) => {
        expectTypeOf(raw.originalUrl).toBeString();
        // @ts-expect-error Express's request has no such member.
        return { id: raw.originalURL };
      },
    });
    LlmGatewayModule.forRoot({
      authenticate: async ({ raw }: AuthenticateRequest<FastifyRequest>) => ({ id: raw.id }),
    });
    LlmGatewayModule.forRoot({
      // @ts-expect-error What `raw` is depends on the platform, so its type must be named.
      authenticate: ({ raw }) => ({ id: raw.id }),
    });
    LlmGatewayModule.forRoot({ authenticate: allowAnyone() });
    // @ts-expect-error There is no such option.
    LlmGatewayModule.forRoot({ provider: [] });
    // @ts-expect-error The path must be known before the factory runs.
    LlmGatewayModule.forRootAsync({ useFactory: () => ({ path: "llm" }) });
    // @ts-expect-error The class must have `createLlmGatewayOptions`.
    LlmGatewayModule.forRootAsync({ useClass: GreetingController });
  });
});
