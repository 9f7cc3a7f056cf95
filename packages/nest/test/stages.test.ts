import {
  defaultStages,
  defineStage,
  GatewayError,
  type Context,
  type GatewayOptions,
  type Next,
  type Reply,
} from "@llm-gateway/core";
import { createFakeTransport } from "@llm-gateway/core/testing";
import { Inject, Injectable, Module, Scope, type ModuleMetadata, type Type } from "@nestjs/common";
import { REQUEST } from "@nestjs/core";
import { describe, expect, test } from "vitest";
import { chatAnswer } from "../../core/src/testing/wire.ts";
import { LlmGatewayModule, LlmStage, type StagePlace } from "../src/index.ts";
import { createExpress, nest } from "./platforms.ts";
import { chat, optionsWith, setUp } from "./set-up.ts";

/** What stages write down, in order. */
@Injectable()
class Journal {
  readonly entries: string[] = [];
}

/** A stage that writes its name down on the way in and on the way out. */
const writing = (name: string, place: StagePlace): Type<{ run: (context: Context, next: Next) => Promise<Reply> }> => {
  @LlmStage(place)
  class WritingStage {
    readonly #journal: Journal;

    constructor(@Inject(Journal) journal: Journal) {
      this.#journal = journal;
    }

    async run({ request }: Context, next: Next): Promise<Reply> {
      this.#journal.entries.push(`${name} ${request.model}`);
      const reply = await next();
      this.#journal.entries.push(`${name} ${reply.target?.id}`);
      return reply;
    }
  }
  return WritingStage;
};

const audit = writing("audit", { name: "audit", before: "route" });

/** What the stages of an application write down for one request. */
const journalOf = async (parts: ModuleMetadata, options: GatewayOptions = {}): Promise<readonly string[]> => {
  const journal = new Journal();
  const providers = [{ provide: Journal, useValue: journal }, ...(parts.providers ?? [])];
  const { ask } = await setUp(createExpress, { parts: { ...parts, providers }, options });
  expect((await ask(chat)).status).toBe(200);
  return journal.entries;
};

/** Creates an application without answering anything. */
const start = async (parts: ModuleMetadata): Promise<void> => {
  const transport = createFakeTransport(() => ({ body: chatAnswer("Hello") }));
  @Module({
    ...parts,
    imports: [LlmGatewayModule.forRoot(optionsWith(transport))],
    providers: [Journal, ...(parts.providers ?? [])],
  })
  class AppModule {}
  const app = await createExpress(AppModule);
  await app.init();
  await app.close();
};

const target = "openai/gpt-test";

describe(`${nest}: a provider that is a stage`, () => {
  test("has what it injects, and its place in the path", async () => {
    const inside = writing("inside", { name: "inside", after: "route" });
    expect(await journalOf({ providers: [inside, audit] })).toEqual([
      `audit ${target}`,
      `inside ${target}`,
      `inside ${target}`,
      `audit ${target}`,
    ]);
  });

  test("beside others before the same stage keeps their order", async () => {
    const second = writing("second", { name: "second", before: "route" });
    const entries = await journalOf({ providers: [audit, second] });
    expect(entries.slice(0, 2)).toEqual([`audit ${target}`, `second ${target}`]);
  });

  test("may stand beside one of the application's own stages, however they are given", async () => {
    const own = defineStage("own", (_, next) => next());
    const beside = writing("beside", { name: "beside", before: "own" });
    expect(await journalOf({ providers: [beside] }, { stages: [own, ...defaultStages()] })).toHaveLength(2);
    expect(await journalOf({ providers: [beside] }, { stages: (defaults) => [own, ...defaults] })).toHaveLength(2);
  });

  test("may be a provider of any module, under any token, or a value", async () => {
    @Module({ providers: [Journal, audit] })
    class AuditModule {}
    const counted: string[] = [];
    const value = Object.assign(new audit(new Journal()), {
      run: (_: Context, next: Next) => {
        counted.push("value");
        return next();
      },
    });
    expect(await journalOf({ imports: [AuditModule] })).toEqual([]);
    expect(await journalOf({ providers: [{ provide: "another name", useClass: audit }] })).toHaveLength(2);
    await journalOf({ providers: [{ provide: audit, useValue: value }] });
    expect(counted).toEqual(["value"]);
  });

  test("runs once for each request, also where it has another name", async () => {
    const entries = await journalOf({ providers: [audit, { provide: "alias", useExisting: audit }] });
    expect(entries).toEqual([`audit ${target}`, `audit ${target}`]);
  });

  test("may refuse a request, and the client is told in its dialect", async () => {
    @LlmStage({ name: "closed", before: "route" })
    class ClosedStage {
      run(): Promise<Reply> {
        return Promise.reject(new GatewayError("content_filter", "Not today."));
      }
    }
    const { ask, transport } = await setUp(createExpress, { parts: { providers: [ClosedStage] } });
    const answer = await ask(chat);
    expect(answer.status).toBe(400);
    expect(JSON.parse(await answer.text())).toMatchObject({ error: { message: "Not today." } });
    expect(transport.requests).toHaveLength(0);
  });
});

describe(`${nest}: the application does not start with a stage`, () => {
  test.each<[string, StagePlace, string]>([
    ["beside one that does not exist", { name: "audit", before: "rout" }, 'There is no stage "rout"'],
    ["whose name is none", { name: "Audit", after: "route" }, "kebab-case"],
  ])("%s", async (_, place, message) => {
    await expect(start({ providers: [writing("x", place)] })).rejects.toThrow(TypeError);
    await expect(start({ providers: [writing("x", place)] })).rejects.toThrow(message);
  });

  @Injectable()
  class ForRequest {
    readonly #request: unknown;

    constructor(@Inject(REQUEST) request: unknown) {
      this.#request = request;
    }

    get request(): unknown {
      return this.#request;
    }
  }

  @LlmStage({ name: "visitor", before: "route" })
  class VisitorStage {
    readonly #visitor: ForRequest;

    constructor(@Inject(ForRequest) visitor: ForRequest) {
      this.#visitor = visitor;
    }

    run(_: Context, next: Next): Promise<Reply> {
      void this.#visitor.request;
      return next();
    }
  }

  @Injectable({ scope: Scope.REQUEST })
  @LlmStage({ name: "scoped", before: "route" })
  class RequestStage {
    run(_: Context, next: Next): Promise<Reply> {
      return next();
    }
  }

  test.each<[string, ModuleMetadata["providers"]]>([
    ["that is made for each request", [RequestStage]],
    ["that injects what is made for each request", [VisitorStage, ForRequest]],
    ["that is made for each who injects it", [{ provide: audit, useClass: audit, scope: Scope.TRANSIENT }]],
    ["that a factory makes", [{ provide: audit, useFactory: () => new audit(new Journal()) }]],
  ])("%s", async (_, providers = []) => {
    await expect(start({ providers })).rejects.toThrow(TypeError);
    await expect(start({ providers })).rejects.toThrow("must be made once, of its class");
  });
});

test("the compiler finds a place or a class that can not be", () => {
  // @ts-expect-error A stage stands before or after another.
  LlmStage({ name: "audit" });
  // @ts-expect-error A stage has a name.
  LlmStage({ before: "route" });
  const decorate = LlmStage({ name: "audit", before: "route" });
  class Idle {
    readonly run = "never";
  }
  class Wrong {
    run(): string {
      return "";
    }
  }
  // @ts-expect-error A stage has a function `run`.
  expect(() => decorate(Idle)).not.toThrow();
  // @ts-expect-error `run` returns a promise of a reply.
  expect(() => decorate(Wrong)).not.toThrow();
});
