import { describe, expect, it } from "vitest";
import type { ChatEvent, EventBatch } from "./event.ts";
import type { Finish } from "./finish.ts";
import { mapBatches, mapEvents, tap } from "./map-reply.ts";
import { createReply, events, replyOf, type Reply, type ReplySource } from "./reply.ts";

const say = (text: string): ChatEvent => ({ type: "text-delta", choice: 0, text });
const end: ChatEvent = { type: "reply-end", choice: 0, finishReason: "stop" };
const batches: readonly EventBatch[] = [[say("a"), say("b")], [say("c")], [end]];

const read = async (reply: Reply): Promise<ChatEvent[]> => {
  const all: ChatEvent[] = [];
  for await (const event of events(reply)) all.push(event);
  return all;
};

/** Reads one batch and walks away. */
const readOne = async (reply: Reply): Promise<void> => {
  const iterator = reply.batches[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.return?.();
};

interface Source {
  readonly reply: Reply;
  /** Every finish that was told. */
  readonly finishes: Finish[];
  /** How often the source was told to stop. */
  stops: number;
}

const source = (options: { failure?: Error; signal?: AbortSignal } = {}): Source => {
  let index = 0;
  const iterator: ReplySource["batches"] = {
    next: () => {
      const value = batches[index++];
      if (value !== undefined) return Promise.resolve({ done: false, value });
      if (options.failure !== undefined) return Promise.reject(options.failure);
      return Promise.resolve({ done: true, value: undefined });
    },
    return: () => {
      result.stops++;
      return Promise.resolve({ done: true, value: undefined });
    },
  };
  const reply = createReply({ batches: iterator, ...(options.signal === undefined ? {} : { signal: options.signal }) });
  const finishes: Finish[] = [];
  reply.finished.add((finish) => finishes.push(finish));
  const result: Source = { reply, finishes, stops: 0 };
  return result;
};

const same = (reply: Reply): Reply => reply;
const watched = (reply: Reply): Reply => tap(reply, () => {});
const flushed = (reply: Reply): Reply => mapBatches(reply, (batch) => batch, { flush: () => undefined });

describe.each([
  ["a reply", same],
  ["a tapped reply", watched],
  ["a reply with a flush", flushed],
])("%s finishes exactly once", (_name, wrap) => {
  /** Both what the inner reply and what the outer one tells. */
  const wrapped = (inner: Source): { reply: Reply; outer: Finish[] } => {
    const reply = wrap(inner.reply);
    const outer: Finish[] = [];
    reply.finished.add((finish) => outer.push(finish));
    return { reply, outer };
  };

  it("when it is read to its end", async () => {
    const inner = source();
    const { reply, outer } = wrapped(inner);
    expect(await read(reply)).toEqual(batches.flat());
    await reply.batches[Symbol.asyncIterator]().return?.();
    reply.cancel();
    expect(inner.finishes).toEqual([{ exit: "complete" }]);
    expect(outer).toEqual([{ exit: "complete" }]);
    expect(inner.stops).toBe(0);
  });

  it("when its reader stops", async () => {
    const inner = source();
    const { reply, outer } = wrapped(inner);
    await readOne(reply);
    reply.cancel(new Error("late"));
    expect(inner.finishes).toEqual([{ exit: "stopped" }]);
    expect(outer).toEqual([{ exit: "stopped" }]);
    expect(inner.stops).toBe(1);
  });

  it("when the client is gone", async () => {
    const controller = new AbortController();
    const inner = source({ signal: controller.signal });
    const { reply, outer } = wrapped(inner);
    const iterator = reply.batches[Symbol.asyncIterator]();
    await iterator.next();
    const gone = new Error("gone");
    controller.abort(gone);
    await expect(iterator.next()).rejects.toBe(gone);
    await iterator.return?.();
    expect(inner.finishes).toEqual([{ exit: "aborted", error: gone }]);
    expect(outer).toEqual([{ exit: "aborted", error: gone }]);
    expect(inner.stops).toBe(1);
  });

  it("when the provider fails", async () => {
    const failure = new Error("cut");
    const inner = source({ failure });
    const { reply, outer } = wrapped(inner);
    await expect(read(reply)).rejects.toBe(failure);
    await expect(reply.batches[Symbol.asyncIterator]().next()).rejects.toBe(failure);
    expect(inner.finishes).toEqual([{ exit: "failed", error: failure }]);
    expect(outer).toEqual([{ exit: "failed", error: failure }]);
  });

  it("when nobody reads it", () => {
    const inner = source();
    const { reply, outer } = wrapped(inner);
    reply.cancel();
    reply.cancel();
    expect(inner.finishes).toEqual([{ exit: "unread" }]);
    expect(outer).toEqual([{ exit: "unread" }]);
    expect(inner.stops).toBe(1);
  });
});

describe("tap", () => {
  it("shows every event and gives the batches as they came", async () => {
    const seen: ChatEvent[] = [];
    const reply = tap(replyOf(batches), (event) => seen.push(event));
    const given: EventBatch[] = [];
    for await (const batch of reply.batches) given.push(batch);
    given.forEach((batch, index) => expect(batch).toBe(batches[index]));
    expect(given).toHaveLength(3);
    expect(seen).toEqual(batches.flat());
  });

  it("fails the reply where the observer throws", async () => {
    const inner = source();
    const failure = new Error("observer");
    const reply = tap(inner.reply, () => {
      throw failure;
    });
    await expect(read(reply)).rejects.toBe(failure);
    expect(inner.finishes).toEqual([{ exit: "failed", error: failure }]);
    expect(inner.stops).toBe(1);
  });
});

describe("mapEvents", () => {
  it("keeps, replaces, adds and leaves out", async () => {
    const reply = mapEvents(replyOf(batches), (event) => {
      if (event.type !== "text-delta") return event;
      if (event.text === "a") return undefined;
      return event.text === "b" ? [event, say("B")] : say("C");
    });
    expect(await read(reply)).toEqual([say("b"), say("B"), say("C"), end]);
  });

  it("gives a batch in which nothing changed as it came, and none that became empty", async () => {
    const reply = mapEvents(replyOf(batches), (event) =>
      event.type === "text-delta" && event.text === "c" ? undefined : event,
    );
    const given: EventBatch[] = [];
    for await (const batch of reply.batches) given.push(batch);
    expect(given).toHaveLength(2);
    expect(given[0]).toBe(batches[0]);
    expect(given[1]).toBe(batches[2]);
  });
});

describe("mapBatches with a flush", () => {
  it("gives what was held back after the last batch, and is complete only then", async () => {
    let calls = 0;
    const reply = mapBatches(replyOf(batches), () => undefined, {
      flush: () => {
        calls++;
        return [say("held")];
      },
    });
    const iterator = reply.batches[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual([say("held")]);
    expect(reply.finished.finish()).toBeUndefined();
    expect((await iterator.next()).done).toBe(true);
    expect((await iterator.next()).done).toBe(true);
    expect(reply.finished.finish()).toEqual({ exit: "complete" });
    expect(calls).toBe(1);
  });

  it("fails where the flush throws: the end was none", async () => {
    const failure = new Error("cut");
    const reply = mapBatches(replyOf(batches), (batch) => batch, {
      flush: () => {
        throw failure;
      },
    });
    await expect(read(reply)).rejects.toBe(failure);
    expect(reply.finished.finish()).toEqual({ exit: "failed", error: failure });
    await expect(reply.batches[Symbol.asyncIterator]().next()).rejects.toBe(failure);
  });

  it("does not flush a reply that was given up", async () => {
    const reply = mapBatches(replyOf(batches), (batch) => batch, { flush: () => [say("held")] });
    const iterator = reply.batches[Symbol.asyncIterator]();
    await iterator.next();
    reply.cancel();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(reply.finished.finish()).toEqual({ exit: "stopped" });
  });

  it("is stopped by its reader while the flushed batch is out", async () => {
    const reply = mapBatches(replyOf([[say("a")]]), () => undefined, { flush: () => [say("held")] });
    await readOne(reply);
    expect(reply.finished.finish()).toEqual({ exit: "stopped" });
  });
});

describe("mapBatches with stop", () => {
  it("stops the source, gives one last batch and counts as complete", async () => {
    const inner = source();
    let flushes = 0;
    const reply = mapBatches(
      inner.reply,
      (_batch, stop) => {
        stop();
        return [say("last")];
      },
      { flush: () => void flushes++ },
    );
    expect(await read(reply)).toEqual([say("last")]);
    expect(reply.finished.finish()).toEqual({ exit: "complete" });
    expect(inner.finishes).toEqual([{ exit: "stopped" }]);
    expect(inner.stops).toBe(1);
    expect(flushes).toBe(0);
  });

  it("ends at once where the last batch is empty", async () => {
    const inner = source();
    const reply = mapBatches(inner.reply, (_batch, stop) => {
      stop();
      return undefined;
    });
    expect(await read(reply)).toEqual([]);
    expect(inner.finishes).toEqual([{ exit: "stopped" }]);
  });
});

it("may be copied by a stage that changes one of its fields", async () => {
  for (const reply of [replyOf(batches), mapBatches(replyOf(batches), (batch) => batch)]) {
    expect(await read({ ...reply })).toEqual(batches.flat());
    expect(reply.finished.finish()).toEqual({ exit: "complete" });
  }
});
