import { describe, expect, it, test } from "vitest";
import {
  createGateway,
  memoryCacheStore,
  translateStream,
  type CacheStore,
  type Principal,
  type SignatureOptions,
} from "../../src/index.ts";
import type { Json } from "../../src/dialects/dialect.ts";
import { silent } from "../../src/testing/adapter/start-host.ts";
import { createFakeClock, createFakeTransport } from "../../src/testing/index.ts";
import { backs, claudeElsewhere, everybody, type Back } from "./backs.ts";
import { fronts, listIn, type Front, type Turn } from "./fronts.ts";

const ann: Principal = { id: "ann", tenant: "acme" };
const clock = createFakeClock();
const { chat } = fronts;
const { claude, openrouter } = backs;
const allBacks = Object.values<Back>(backs);

interface World {
  readonly post: (front: Front, model: string, body: Json, stream: boolean, as?: Principal) => Promise<string>;
  /** What was sent last. */
  readonly sent: () => { readonly text: string; readonly body: Json };
}

/** A gateway in front of all providers. The first answer is `back`'s, streamed where that was asked; then all is done. */
const setUp = (back: Back, signatures?: SignatureOptions | false): World => {
  const transport = createFakeTransport((request, index) => {
    const asked = everybody.find(({ provider }) => request.url.startsWith(provider.baseURL)) ?? back;
    const text = Buffer.from(request.body ?? "").toString();
    const streams = request.url.includes("stream") || text.includes('"stream":true');
    if (index === 0) return streams ? { body: back.stream } : { body: back.whole };
    // A whole answer does for both.
    return { body: asked.done };
  });
  const gateway = createGateway({
    providers: everybody.map(({ provider }) => provider),
    transport,
    clock,
    authenticate: () => null,
    logger: silent,
    ...(signatures === undefined
      ? {}
      : {
          stages: (defaults) =>
            defaults.map((stage) => (stage.name === "translate-stream" ? translateStream({ signatures }) : stage)),
        }),
  });
  return {
    post: async (front, model, body, stream, as = ann) => {
      const response = await gateway.fetchAs(as)(`http://gateway${front.path(model, stream)}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      const text = await response.text();
      expect([response.status, response.status === 200 ? "" : text]).toEqual([200, ""]);
      return text;
    },
    sent: () => {
      const text = Buffer.from(transport.requests.at(-1)?.body ?? "").toString();
      return { text, body: JSON.parse(text) };
    },
  };
};

/** Asks, and gives the model's turn as the client got it. */
const firstTurn = async (world: World, front: Front, back: Back, stream: boolean, thinks: boolean): Promise<Turn> => {
  const turn = front.read(await world.post(front, back.model, front.ask(back.model, stream, thinks), stream), stream);
  expect(front.callIds(turn)).toHaveLength(2);
  return turn;
};

const secondTurn = async (world: World, front: Front, model: string, turn: Turn, as?: Principal) => {
  await world.post(front, model, front.answer(model, false, true, turn), false, as);
  return world.sent();
};

/** A client that speaks a provider's own dialect, in which reasoning is a block or an item of its own. */
const isNative = (front: Front, back: Back): boolean =>
  (front === fronts.messages && back === claude) || (front === fronts.responses && back === backs.responses);

const cases = Object.values<Front>(fronts).flatMap((front) =>
  allBacks.flatMap((back) =>
    [false, true].map((stream) => {
      const title = `${front.name} → ${back.name}, ${stream ? "streamed" : "whole"}`;
      return { front, back, stream, title };
    }),
  ),
);
const foreign = cases.filter(({ front, back }) => !isNative(front, back));
const native = cases.filter(({ front, back }) => isNative(front, back));

const mark = Buffer.from("llm-gateway:").toString("base64");

/** The proofs that stand in a request, those in a wrapper included. */
const proofsIn = (text: string, { proofs }: Back): readonly string[] =>
  [...proofs, mark].filter((proof) => text.includes(proof));

/** A client of the Responses API that sends its calls alone has lost the text as well. */
const withoutText = (turn: unknown): unknown =>
  Array.isArray(turn) ? turn.filter((block) => block?.type !== "text") : turn;

describe("what a provider signed comes back to it", () => {
  test.each(cases)("from a client that keeps all it gets: $title", async ({ front, back, stream }) => {
    // Nothing is kept here: the client alone brings it back.
    const world = setUp(back, false);
    const turn = await firstTurn(world, front, back, stream, true);
    const { text, body } = await secondTurn(world, front, back.model, turn);
    expect(proofsIn(text, back)).toEqual(back.proofs);
    expect(back.turnIn(body)).toEqual(back.turn);
  });

  test.each(foreign)("from a client whose library drops it: $title", async ({ front, back, stream }) => {
    const world = setUp(back);
    const turn = front.bare(await firstTurn(world, front, back, stream, true));
    const { text, body } = await secondTurn(world, front, back.model, turn);
    expect(proofsIn(text, back)).toEqual(back.proofs);
    expect(back.turnIn(body)).toEqual(front === fronts.responses ? withoutText(back.turn) : back.turn);
  });

  test.each(foreign)("from a client that never asked to be told: $title", async ({ front, back, stream }) => {
    const world = setUp(back);
    const turn = await firstTurn(world, front, back, stream, false);
    const { text, body } = await secondTurn(world, front, back.model, turn);
    expect(proofsIn(text, back)).toEqual(back.proofs);
    expect(back.turnIn(body)).toEqual(back.turn);
  });

  test.each(native)("but not where a client leaves out its own blocks: $title", async ({ front, back, stream }) => {
    const world = setUp(back);
    const turn = front.bare(await firstTurn(world, front, back, stream, true));
    expect(proofsIn((await secondTurn(world, front, back.model, turn)).text, back)).toEqual([]);
  });
});

/** Claude's proofs hold wherever Claude is served. */
const isShared = (other: Back, back: Back): boolean => {
  const hosts: readonly Back[] = [claude, claudeElsewhere, openrouter];
  return hosts.includes(other) && hosts.includes(back);
};

/** How many calls a request holds, in whatever dialect. */
const callsIn = (body: Json): number =>
  JSON.stringify(body).split(/"functionCall":|"type":"function_call"|"type":"tool_use"/).length - 1;

describe("what a provider signed reaches nobody else", () => {
  const others = cases.flatMap(({ front, back, stream, title }) =>
    everybody
      .filter((other) => other !== back && !isShared(other, back))
      .map((other) => ({ front, back, stream, other, title: `${title}, then ${other.name}` })),
  );

  test.each(others)("$title", async ({ front, back, stream, other }) => {
    const world = setUp(back);
    const turn = await firstTurn(world, front, back, stream, true);
    for (const sentBack of [turn, front.bare(turn)]) {
      expect(proofsIn((await secondTurn(world, front, other.model, sentBack)).text, back)).toEqual([]);
    }
  });

  const twins = others.filter(({ back, other }) => other.proofs === back.proofs);

  test.each(twins)("and its issuer gets it again after that: $title", async ({ front, back, stream, other }) => {
    const world = setUp(back);
    const turn = await firstTurn(world, front, back, stream, true);
    const { body } = await secondTurn(world, front, other.model, turn);
    expect(callsIn(body)).toBe(2);
    const again = await secondTurn(world, front, back.model, turn);
    expect(proofsIn(again.text, back)).toEqual(back.proofs);
    expect(back.turnIn(again.body)).toEqual(back.turn);
    // Who remembers nothing cannot tell one from the other.
    const forgetful = setUp(back, false);
    const kept = await firstTurn(forgetful, front, back, stream, true);
    expect(proofsIn((await secondTurn(forgetful, front, other.model, kept)).text, back)).toEqual(back.proofs);
  });

  it("is remembered for an hour since it was last sent, in a store that others may share", async () => {
    const { google } = backs;
    const other = everybody.find(({ proofs, name }) => proofs === google.proofs && name !== google.name) ?? google;
    const inner = memoryCacheStore();
    const store: CacheStore = {
      get: async (key) => structuredClone(inner.get(key)),
      set: async (key, value, facts) => inner.set(key, structuredClone(value), facts),
      delete: async (key) => inner.delete(key),
    };
    const world = setUp(google, { store });
    const turn = await firstTurn(world, chat, google, false, true);
    const reached: number[] = [];
    for (const minutes of [45, 45, 60]) {
      await clock.advance(minutes * 60_000);
      reached.push(proofsIn((await secondTurn(world, chat, other.model, turn)).text, google).length);
    }
    expect(reached).toEqual([0, 0, google.proofs.length]);
  });

  test.each(cases.filter(({ back }) => back === claude))(
    "but to whoever else serves the model, where it holds there too: $title",
    async ({ front, back, stream }) => {
      const world = setUp(back);
      const turn = await firstTurn(world, front, back, stream, true);
      const { text, body } = await secondTurn(world, front, claudeElsewhere.model, turn);
      expect(proofsIn(text, back)).toEqual(back.proofs);
      expect(back.turnIn(body)).toEqual(back.turn);
    },
  );

  test.each(foreign)("not by the calls of another caller: $title", async ({ front, back, stream }) => {
    const world = setUp(back);
    const turn = front.bare(await firstTurn(world, front, back, stream, true));
    for (const other of [{ id: "bob", tenant: "acme" }, { id: "ann", tenant: "other" }, { id: "ann" }]) {
      expect(proofsIn((await secondTurn(world, front, back.model, turn, other)).text, back)).toEqual([]);
    }
  });
});

describe("what is kept for clients that drop it", () => {
  const ask = async (world: World): Promise<Turn> => chat.bare(await firstTurn(world, chat, claude, false, true));
  const found = async (world: World, turn: Turn): Promise<boolean> =>
    proofsIn((await secondTurn(world, chat, claude.model, turn)).text, claude).length > 0;

  it("is kept for an hour since it was last wanted, or as long as is said", async () => {
    const world = setUp(claude);
    const turn = await ask(world);
    const after: boolean[] = [];
    for (const minutes of [45, 45, 60]) {
      await clock.advance(minutes * 60_000);
      after.push(await found(world, turn));
    }
    expect(after).toEqual([true, true, false]);

    const brief = setUp(claude, { ttlMs: 1_000 });
    const soonGone = await ask(brief);
    await clock.advance(1_000);
    expect(await found(brief, soonGone)).toBe(false);
  });

  it("is bounded: what was not wanted for longest goes first, and what is too long is not kept", async () => {
    const kept: boolean[] = [];
    for (const options of [{ maxBytes: 2_000 }, { maxBytes: 600 }, { maxEntryBytes: 40 }]) {
      const world = setUp(claude, options);
      kept.push(await found(world, await ask(world)));
    }
    expect(kept).toEqual([true, false, false]);
  });

  it("may be kept in a store that others use, under keys that tell nothing", async () => {
    const keys: string[] = [];
    const lives: number[] = [];
    const inner = memoryCacheStore();
    const store: CacheStore = {
      get: async (key) => {
        keys.push(key);
        return structuredClone(inner.get(key));
      },
      set: async (key, value, facts) => {
        lives.push(facts.ttlMs);
        await inner.set(key, structuredClone(value), facts);
      },
      delete: async (key) => inner.delete(key),
    };
    const world = setUp(claude, { store });
    const { body } = await secondTurn(world, chat, claude.model, await ask(world));
    expect(claude.turnIn(body)).toEqual(claude.turn);
    expect(keys).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)]);
    // Nothing stood before the second call.
    expect(lives).toEqual([3_600_000]);
  });

  it.each<[string, CacheStore["get"]]>([
    ["throws", () => Promise.reject(new Error("down"))],
    ["holds something else", () => "something else"],
    [
      "holds what is not of the form",
      () => ({ provider: "anthropic", expiresAt: 9e15, call: { id: "toolu_1", name: "weather", pieces: [{}] } }),
    ],
  ])("is not missed where the store %s", async (_title, get) => {
    const world = setUp(claude, { store: { get, set: () => undefined, delete: () => undefined } });
    expect(await found(world, await ask(world))).toBe(false);
  });

  it("is not given to a call of another name, and of an id that comes twice to the last call alone", async () => {
    const world = setUp(claude);
    const turn = await ask(world);
    const renamed: Turn = JSON.parse(JSON.stringify(turn).replaceAll('"weather"', '"other"'));
    expect(await found(world, renamed)).toBe(false);

    const asked = chat.answer(claude.model, false, true, turn);
    const messages = listIn(asked, "messages");
    await world.post(chat, claude.model, { ...asked, messages: [...messages, ...messages] }, false);
    const turns = listIn(world.sent().body, "messages").filter(({ role }) => role === "assistant");
    expect(turns.map((one) => listIn(one, "content")[0]?.["type"])).toEqual(["text", "thinking"]);
  });

  it("leaves the client's own bytes alone where nothing was lost", async () => {
    const world = setUp(openrouter);
    const turn = await firstTurn(world, chat, openrouter, false, false);
    const body = chat.answer(openrouter.model, false, false, turn);
    await world.post(chat, openrouter.model, body, false);
    expect(world.sent().text).toBe(JSON.stringify(body).replace(openrouter.model, "anthropic/claude-sonnet-4.5"));
  });
});

test.each([
  [{ signatures: true }, "`translateStream.signatures` must be an object of options, or false"],
  [{ signatures: { ttl: 1 } }, "no option `ttl`"],
  [{ signatures: { ttlMs: 0 } }, "`translateStream.signatures.ttlMs` must be a positive integer"],
  [{ signatures: { maxBytes: -1 } }, "`translateStream.signatures.maxBytes` must be a positive integer"],
  [{ signatures: { store: {} } }, "`translateStream.signatures.store` must have the functions"],
  [{ signatures: { store: memoryCacheStore(), maxBytes: 1 } }, "`translateStream.signatures.maxBytes` is the size of"],
])("refuses %j", (options, message) => {
  // What a program without types may give.
  expect(() => translateStream(options as never)).toThrow(message);
});
