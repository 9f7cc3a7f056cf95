import { describe, expect, it } from "vitest";
import { createCollector, type CollectedReply } from "../../chat/collect.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { rememberSource, type ChatRequest } from "../../chat/request.ts";
import { GatewayError, UpstreamError } from "../../errors.ts";
import type { FrameDecoder } from "../dialect.ts";
import type { Quirks } from "../quirks.ts";
import { createDecoder } from "./stream-decoder.ts";
import { madeCallId } from "../made-call-id.ts";

const request: ChatRequest = { dialect: "openai-chat", model: "m", stream: true, messages: [] };
const make = (quirks: Quirks = {}, from: ChatRequest = request): FrameDecoder =>
  createDecoder({ provider: "p", model: "m", quirks, request: from, requestId: "r" });

const frame = (chunk: unknown, event?: string) => {
  const data = typeof chunk === "string" ? chunk : JSON.stringify(chunk);
  return { data, raw: `data: ${data}\n\n`, ...(event === undefined ? {} : { event }) };
};
const chunk = (delta: object, more: object = {}, index = 0) => ({
  id: "c",
  model: "m",
  choices: [{ index, delta, ...more }],
});
const call = (piece: object) => chunk({ tool_calls: [piece] });
const finish = (finish_reason: string, more: object = {}) => chunk({}, { finish_reason, ...more });

/** A decoder of a stream that has begun as it ought to. */
const makeStarted = (from: ChatRequest = request): FrameDecoder => {
  const decoder = make({}, from);
  decoder.decode(frame(chunk({ role: "assistant", content: "" })));
  return decoder;
};

const decode = (chunks: readonly unknown[], quirks: Quirks = {}): readonly ChatEvent[] => {
  const decoder = make(quirks);
  const events = chunks.flatMap((one) => decoder.decode(frame(one)));
  return [...events, ...decoder.end()];
};
const collect = (chunks: readonly unknown[], quirks: Quirks = {}): CollectedReply => {
  const collector = createCollector();
  for (const event of decode([...chunks, "[DONE]"], quirks)) collector.push(event);
  return collector.result();
};
const parts = (...chunks: unknown[]) => collect([...chunks, finish("stop")]).choices[0]?.parts;
const errorOf = (action: () => unknown): UpstreamError => {
  try {
    action();
  } catch (error) {
    if (error instanceof UpstreamError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
};

describe("createDecoder", () => {
  it("gives a stream's events in order", () => {
    const head = { id: "c", model: "m", created: 5, service_tier: "flex", system_fingerprint: "fp" };
    expect(
      decode([
        {
          ...head,
          choices: [{ index: 0, delta: { role: "assistant", content: "", refusal: null }, finish_reason: null }],
        },
        chunk({ content: "Hi" }),
        finish("stop"),
        { id: "c", choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
        "[DONE]",
      ]),
    ).toEqual([
      { type: "reply-start", id: "c", model: "m", created: 5, serviceTier: "flex", systemFingerprint: "fp" },
      { type: "text-delta", choice: 0, text: "Hi" },
      { type: "reply-end", choice: 0, finishReason: "stop" },
      { type: "usage", usage: { inputTokens: 1, outputTokens: 2 } },
      { type: "opaque", dialect: "openai-chat", name: "done" },
    ]);
  });

  it("gives something for every frame", () => {
    const decoder = make();
    expect(decoder.decode({ raw: ": PROCESSING\n\n" })).toMatchObject([{ type: "opaque", name: "comment" }]);
    expect(decoder.decode({ data: "", raw: "data:\n\n" })).toMatchObject([{ type: "opaque", name: "comment" }]);
    const filter = { id: "", model: "", choices: [], prompt_filter_results: [{}] };
    expect(decoder.decode(frame(filter))).toMatchObject([{ type: "opaque", name: "chunk", value: filter }]);
    expect(decoder.decode(frame(chunk({})))).toMatchObject([{ type: "reply-start", id: "c" }]);
    expect(decoder.decode(frame(chunk({})))).toMatchObject([{ type: "opaque", name: "chunk" }]);
  });

  describe("at the end", () => {
    const text = chunk({ content: "Hi" });

    it("wants the mark", () => {
      expect(errorOf(() => decode([text, finish("stop")])).code).toBe("upstream_stream_truncated");
      expect(errorOf(() => decode([])).code).toBe("upstream_stream_truncated");
    });

    it("is content with a reason for every choice where the server sends no mark", () => {
      const optional: Quirks = { doneMarker: "optional" };
      expect(decode([text, finish("stop")], optional)).toHaveLength(3);
      expect(errorOf(() => decode([text], optional)).code).toBe("upstream_stream_truncated");
      expect(errorOf(() => decode([], optional)).code).toBe("upstream_stream_truncated");
      expect(errorOf(() => decode([text, chunk({ content: "x" }, {}, 1), finish("stop")], optional)).code).toBe(
        "upstream_stream_truncated",
      );
      expect(decode([text, finish("")], optional).at(-1)).toMatchObject({ type: "reply-end", finishReason: "stop" });
    });

    it("derives a reason that never came, and has the frame written anew", () => {
      const decoder = make();
      decoder.decode(frame(text));
      expect(decoder.decode(frame("[DONE]"))).toMatchObject([
        { type: "reply-end", finishReason: "stop" },
        { name: "done" },
      ]);
      expect(decoder.broken?.()).toBe(true);
      expect(decoder.ended()).toBe(true);
      expect(decoder.end()).toEqual([]);
    });

    it("reads nothing more", () => {
      const decoder = make();
      decoder.decode(frame("[DONE]"));
      expect(decoder.decode(frame("garbage"))).toMatchObject([{ type: "opaque", name: "after-done" }]);
      expect(decoder.broken?.()).toBe(true);
    });
  });

  it("has a frame written anew that no client can read: nobody speaks, or what is said is no text", () => {
    const decoder = make();
    const isBroken = (delta: object, index = 0): unknown => {
      decoder.decode(frame(chunk(delta, {}, index)));
      return decoder.broken?.();
    };
    expect(isBroken({ content: "a" })).toBe(true);
    expect(isBroken({ content: "b" })).toBe(false);
    expect(isBroken({ role: "", content: "a" }, 1)).toBe(true);
    expect(isBroken({ role: "assistant", content: null }, 2)).toBe(false);
    expect(isBroken({ content: [{ type: "text", text: "c" }] }, 2)).toBe(true);
    expect(isBroken({ content: { json: true } }, 2)).toBe(true);
  });

  it.each(["not json", '"text"', "[1]", "null", "[DON", '{"id":'])("throws on the frame %s", (data) => {
    expect(errorOf(() => make().decode(frame(data)))).toMatchObject({ code: "upstream_stream_invalid", provider: "p" });
  });

  it.each([
    [{ error: { message: "broken", type: "server_error", code: null } }, "upstream_error", undefined],
    [
      { error: { code: 502, message: "Provider disconnected" }, choices: [{ delta: {}, finish_reason: "error" }] },
      "upstream_error",
      502,
    ],
    [{ error: { message: "no", code: "tool_use_failed", status_code: 400 } }, "upstream_invalid_request", 400],
    [{ error: { message: "slow down", code: 429 } }, "upstream_rate_limited", 429],
    [{ error: "broken" }, "upstream_error", undefined],
    [{ object: "error", message: "broken" }, "upstream_error", undefined],
    [{ base_resp: { status_code: 1002, status_msg: "rate" } }, "upstream_error", undefined],
    [[{ error: { code: 503, message: "x", status: "UNAVAILABLE" } }], "upstream_overloaded", 503],
  ])("throws the error that came as %j", (body, code, upstreamStatus) => {
    expect(errorOf(() => make().decode(frame(body)))).toMatchObject({ code, upstreamStatus });
  });

  it("throws what an `error` event says, whatever it is", () => {
    expect(errorOf(() => make().decode(frame("out of luck", "error"))).upstreamMessage).toBe("out of luck");
    expect(errorOf(() => make().decode(frame({ message: "x", code: "overloaded" }, "error"))).code).toBe(
      "upstream_overloaded",
    );
  });

  it("takes empty placeholders for nothing", () => {
    const empty = {
      error: {},
      choices: [
        {
          index: 0,
          delta: { content: "x", refusal: "", tool_calls: null, audio: { id: "" }, function_call: { name: "" } },
        },
      ],
    };
    const placeholder = call({ index: 0, id: "", function: { name: "", arguments: "" }, custom: { name: "" } });
    expect(parts(empty, placeholder)).toEqual([{ type: "text", text: "x" }]);
  });

  describe("content", () => {
    it("may be a string, a list, an object or null", () => {
      expect(parts(chunk({ content: null }), chunk({ content: "a" }))).toEqual([{ type: "text", text: "a" }]);
      expect(parts(chunk({ content: { title: "t" } }))).toEqual([{ type: "text", text: '{"title":"t"}' }]);
      const list = [
        { type: "thinking", thinking: [{ type: "text", text: "hm" }] },
        { type: "reasoning", summary: [{ type: "summary_text", text: "m" }] },
        { type: "text", text: "a" },
        { type: "image" },
        null,
      ];
      expect(parts(chunk({ content: list }))).toEqual([
        { type: "reasoning", text: "hmm" },
        { type: "text", text: "a" },
      ]);
    });

    it("carries its probabilities, also without text", () => {
      const logprobs = { content: [{ token: "a", logprob: -1 }], refusal: null };
      const reply = collect([chunk({ content: "a" }, { logprobs }), chunk({}, { logprobs }), finish("stop")]);
      expect(reply.choices[0]?.logprobs).toHaveLength(2);
    });

    it("ignores a cumulative message beside the delta, and tells each source once", () => {
      const search = { citations: ["https://a", "https://b"], search_results: [{ url: "https://a", title: "A" }] };
      const one = (text: string, all: string) => ({
        ...search,
        ...chunk({ content: text }, { message: { content: all } }),
      });
      const reply = collect([one("a", "a"), one("b", "ab"), { ...search, ...finish("stop") }]);
      expect(reply.text).toBe("ab");
      expect(reply.choices[0]?.citations).toEqual([{ url: "https://a", title: "A" }, { url: "https://b" }]);
    });

    it("reads annotations and refusals", () => {
      const annotation = { type: "url_citation", url_citation: { url: "u", title: "t", start_index: 1, end_index: 2 } };
      const reply = collect([chunk({ annotations: [annotation] }), chunk({ refusal: "no" }), finish("stop")]);
      expect(reply.choices[0]?.citations).toMatchObject([{ url: "u", title: "t", start: 1, end: 2 }]);
      expect(reply.choices[0]?.parts).toEqual([{ type: "refusal", text: "no" }]);
    });
  });

  describe("reasoning", () => {
    it("comes in either plain field, once where it comes in both", () => {
      expect(
        parts(
          chunk({ reasoning: "a" }),
          chunk({ reasoning_content: "b" }),
          chunk({ reasoning: "c", reasoning_content: "c" }),
        ),
      ).toEqual([{ type: "reasoning", text: "abc" }]);
    });

    it("comes in details, with the proof behind the text", () => {
      const detail = (more: object) =>
        chunk({ content: "", reasoning: "x", reasoning_details: [{ type: "reasoning.text", index: 0, ...more }] });
      const encrypted = { type: "reasoning.encrypted", data: "d", id: "rs", format: "openai-responses-v1", index: 1 };
      expect(
        parts(
          detail({ text: "a" }),
          detail({ text: "b" }),
          chunk({ reasoning_details: [{ type: "reasoning.text", index: 0, signature: "s", format: "f" }] }),
          chunk({ reasoning_details: [encrypted] }),
        ),
      ).toEqual([
        { type: "reasoning", text: "ab", signature: { format: "f", value: "s" } },
        { type: "reasoning", text: "", encrypted: { format: "openai-responses-v1", value: "d" }, id: "rs" },
      ]);
    });

    it("is not lost where the details hold only its proof", () => {
      const reasoning_details = [{ type: "reasoning.encrypted", data: "d", format: "f", index: 0 }];
      expect(parts(chunk({ reasoning: "a", reasoning_details }))).toMatchObject([
        { text: "a" },
        { encrypted: { value: "d" } },
      ]);
    });

    it("gives its proof to the tool call it belongs to", () => {
      const detail = { type: "reasoning.encrypted", data: "sig", id: "t1", format: "google-gemini-v1" };
      const tool = { index: 0, id: "t1", function: { name: "f", arguments: "{}" } };
      expect(parts(chunk({ reasoning_details: [detail], tool_calls: [tool] }))).toMatchObject([
        { type: "tool-call", id: "t1", signature: { format: "google-gemini-v1", value: "sig" } },
      ]);
    });
  });

  describe("tool calls", () => {
    const summary = (...chunks: unknown[]) =>
      parts(...chunks)?.map((part) =>
        part.type === "tool-call" ? `${part.id} ${part.name}(${part.arguments})` : part.type,
      );
    const fn = (name: string | null | undefined, text?: string) => ({ function: { name, arguments: text } });

    it("are told apart by index, however their pieces interleave", () => {
      expect(
        summary(
          call({ index: 0, id: "a", type: "function", ...fn("f", "") }),
          call({ index: 1, id: "b", type: "function", ...fn("g", "{") }),
          call({ index: 0, ...fn(undefined, "{}") }),
          call({ index: 1, ...fn(undefined, "}") }),
        ),
      ).toEqual(["a f({})", "b g({})"]);
    });

    it("go on where id and name come again, empty or the same", () => {
      expect(
        summary(
          call({ index: 0, id: "a", ...fn("f", "{") }),
          call({ index: 0, id: "", ...fn("", '"x"') }),
          call({ index: 0, id: "a", ...fn("f", ":1") }),
          call({ index: 0, id: null, ...fn(null, "}") }),
        ),
      ).toEqual(['a f({"x":1})']);
    });

    it("are told apart by id where there is no index, and by name where there is neither", () => {
      expect(
        summary(call({ id: "a", ...fn("f", "1") }), call(fn("", "2")), call({ id: "b", ...fn("f", "3") })),
      ).toEqual(["a f(12)", "b f(3)"]);
      expect(summary(call(fn("f", "1")), call(fn("g", "2")))).toEqual([
        `${madeCallId("r", 0)} f(1)`,
        `${madeCallId("r", 1)} g(2)`,
      ]);
    });

    it("get numbers and ids of their own where the server repeats or forgets them", () => {
      const decoder = makeStarted();
      const read = (piece: object) => {
        const events = decoder.decode(frame(call(piece)));
        return [events.find(({ type }) => type === "tool-call-start"), decoder.broken?.()];
      };
      expect(read({ index: 0, id: "a", ...fn("f", "1") })).toMatchObject([{ index: 0, id: "a" }, false]);
      expect(read({ index: 0, id: "b", ...fn("f", "2") })).toMatchObject([{ index: 1, id: "b" }, true]);
      expect(read({ index: 2, id: "", ...fn("f", "3") })).toMatchObject([{ index: 2, id: madeCallId("r", 2) }, true]);
    });

    it("wait for their name", () => {
      expect(
        summary(call({ index: 0, id: "a" }), call({ index: 0, ...fn("", "{") }), call({ index: 0, ...fn("f", "}") })),
      ).toEqual(["a f({})"]);
      expect(errorOf(() => decode([call({ index: 0, id: "a" }), "[DONE]"])).code).toBe("upstream_stream_invalid");
    });

    it("may be whole, custom, deprecated, or have arguments that are no text", () => {
      expect(summary(call({ index: 0, id: "a", function: { name: "f", arguments: { x: 1 } } }))).toEqual([
        'a f({"x":1})',
      ]);
      expect(parts(call({ index: 0, id: "a", type: "custom", custom: { name: "c", input: "txt" } }))).toMatchObject([
        { kind: "custom", name: "c", arguments: "txt" },
      ]);
      expect(
        summary(chunk({ function_call: { name: "f", arguments: "" } }), chunk({ function_call: { arguments: "{}" } })),
      ).toEqual([`${madeCallId("r", 0)} f({})`]);
    });

    it("in the deprecated form pass as they came only to clients that know it", () => {
      const legacy = { ...request };
      rememberSource(legacy, { dialect: "openai-chat", body: { functions: [{ name: "f" }] } });
      for (const [from, isBroken] of [
        [request, true],
        [legacy, false],
      ] as const) {
        const decoder = makeStarted(from);
        decoder.decode(frame(chunk({ function_call: { name: "f", arguments: "" } })));
        expect(decoder.broken?.()).toBe(isBroken);
      }
    });

    it("end before their choice does", () => {
      const types = decode([call({ index: 0, id: "a", ...fn("f") }), finish("tool_calls"), "[DONE]"]).map(
        ({ type }) => type,
      );
      expect(types).toEqual(["reply-start", "tool-call-start", "tool-call-end", "reply-end", "opaque"]);
    });

    it("have no arguments where the model wrote null for them", () => {
      const decoder = makeStarted();
      const read = (piece: object) => decoder.decode(frame(call(piece))).map(({ type }) => type);
      expect(read({ index: 0, id: "a", ...fn("f", "null") })).toEqual(["tool-call-start"]);
      expect(decoder.broken?.()).toBe(true);
      expect(summary(call({ index: 0, id: "a", ...fn("f", "null") }))).toEqual(["a f()"]);
      expect(
        summary(
          call({ index: 0, id: "a", ...fn("f", '{"x":') }),
          call({ index: 0, ...fn("", "null") }),
          call({ index: 0, ...fn("", "}") }),
        ),
      ).toEqual(['a f({"x":null})']);
      const custom = call({ index: 0, id: "a", type: "custom", custom: { name: "c", input: "null" } });
      expect(parts(custom)).toMatchObject([{ kind: "custom", arguments: "null" }]);
    });

    it("are bounded in number", () => {
      const many = Array.from({ length: 200 }, (_, index) => call({ index, id: `c${index}`, ...fn("f") }));
      expect(errorOf(() => decode(many)).code).toBe("upstream_stream_invalid");
      expect(errorOf(() => decode([chunk({ content: "x" }, {}, 5000)])).code).toBe("upstream_stream_invalid");
    });
  });

  it.each([
    ["stop", false, "stop", undefined, false],
    ["stop", true, "tool_calls", "stop", false],
    ["length", true, "length", undefined, false],
    ["function_call", true, "tool_calls", "function_call", false],
    ["tool_call", true, "tool_calls", "tool_call", true],
    ["eos", false, "stop", "eos", true],
    ["sensitive", false, "content_filter", "sensitive", true],
    ["insufficient_system_resource", false, "error", "insufficient_system_resource", true],
    ["model_length", false, "length", "model_length", true],
    ["who knows", true, "tool_calls", "who knows", true],
  ])("reads the finish reason %s (calls: %s) as %s", (word, withCall, finishReason, nativeFinishReason, isBroken) => {
    const decoder = makeStarted();
    if (withCall) decoder.decode(frame(call({ index: 0, id: "a", function: { name: "f" } })));
    const end = decoder.decode(frame(finish(word))).at(-1);
    expect(end).toEqual({
      type: "reply-end",
      choice: 0,
      finishReason,
      ...(nativeFinishReason === undefined ? {} : { nativeFinishReason }),
    });
    expect(decoder.broken?.()).toBe(isBroken);
  });

  it("keeps what the server behind the server called the reason, and the sequence that matched", () => {
    expect(
      decode([finish("stop", { native_finish_reason: "end_turn", stop_reason: "END" }), "[DONE]"])[1],
    ).toMatchObject({
      finishReason: "stop",
      nativeFinishReason: "end_turn",
      stopSequence: "END",
    });
  });

  it("keeps interleaved choices apart", () => {
    const reply = collect([
      chunk({ content: "a" }, {}, 0),
      chunk({ content: "x" }, {}, 1),
      chunk({ content: "b" }, {}, 0),
      chunk({ content: "y" }, {}, 1),
      chunk({}, { finish_reason: "stop" }, 1),
      chunk({}, { finish_reason: "length" }, 0),
    ]);
    expect(reply.choices).toMatchObject([
      { index: 0, parts: [{ text: "ab" }], finishReason: "length" },
      { index: 1, parts: [{ text: "xy" }], finishReason: "stop" },
    ]);
  });

  describe("usage", () => {
    const usage = (value: unknown, quirks: Quirks = {}) => collect([{ ...finish("stop"), usage: value }], quirks).usage;

    it("is read wherever it stands; the last one holds", () => {
      const counts = { prompt_tokens: 1, completion_tokens: 2 };
      const expected = { inputTokens: 1, outputTokens: 2 };
      expect(collect([{ ...finish("stop"), x_groq: { usage: counts } }]).usage).toEqual(expected);
      expect(collect([finish("stop", { usage: counts })]).usage).toEqual(expected);
      const growing = { ...chunk({ content: "a" }), usage: { prompt_tokens: 1, completion_tokens: 1 } };
      expect(collect([growing, { ...finish("stop"), usage: counts }]).usage).toEqual(expected);
    });

    it("is not read where it says nothing yet", () => {
      expect(usage({ prompt_tokens: 22, completion_tokens: null, total_tokens: null })).toBeUndefined();
      expect(usage({})).toBeUndefined();
      expect(usage({ prompt_tokens: -1, completion_tokens: 1 })).toBeUndefined();
    });

    it("has its parts under many names, none larger than the whole", () => {
      expect(
        usage({
          prompt_tokens: 100,
          completion_tokens: 20,
          prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10, audio_tokens: 0 },
          completion_tokens_details: { reasoning_tokens: 25 },
          cost: 0.0000123,
        }),
      ).toEqual({
        inputTokens: 100,
        outputTokens: 20,
        cacheReadTokens: 40,
        cacheWriteTokens: 10,
        reasoningTokens: 20,
        audioInputTokens: 0,
        costNanoUsd: 12_300,
      });
      const plain = { prompt_tokens: 9, completion_tokens: 1 };
      expect(usage({ ...plain, prompt_cache_hit_tokens: 4 })?.cacheReadTokens).toBe(4);
      expect(usage({ ...plain, cached_tokens: 5 })?.cacheReadTokens).toBe(5);
      expect(usage({ ...plain, cost: { total_cost: 1 } })?.costNanoUsd).toBe(1e9);
    });

    it("adds what the server leaves out, unless its total says otherwise", () => {
      const counts = { prompt_tokens: 10, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 30 } };
      expect(usage({ ...counts, total_tokens: 42 })).toMatchObject({ outputTokens: 32, reasoningTokens: 30 });
      expect(usage({ ...counts, total_tokens: 12 })).toMatchObject({ outputTokens: 2, reasoningTokens: 2 });
      expect(usage(counts)).toMatchObject({ outputTokens: 2 });
      const cache = { prompt_tokens: 10, completion_tokens: 2, cache_read_input_tokens: 5 };
      expect(usage({ ...cache, total_tokens: 17 })?.inputTokens).toBe(15);
      expect(usage({ ...cache, total_tokens: 12 })?.inputTokens).toBe(10);
    });
  });

  describe("whatever the pieces are, throws gateway errors only", () => {
    const odd = [null, 1, "x", [], {}, [null], [{}], [[]], { type: 1 }, -1, 1e20, true];
    const attempt = (one: object): unknown => {
      try {
        return make().decode(frame(one)).length > 0;
      } catch (error) {
        return GatewayError.is(error);
      }
    };

    it.each(["choices", "error", "usage", "id", "created", "citations", "search_results", "x_groq"])(
      "in `%s`",
      (key) => {
        for (const value of odd) {
          expect(attempt({ [key]: value })).toBe(true);
          expect(attempt({ ...chunk({ content: "x" }), [key]: value })).toBe(true);
        }
      },
    );

    it.each(["index", "delta", "finish_reason", "logprobs", "usage"])("in a choice's `%s`", (key) => {
      for (const value of odd) expect(attempt(chunk({ content: "x" }, { [key]: value }))).toBe(true);
    });

    it.each(["content", "tool_calls", "function_call", "reasoning", "reasoning_details", "refusal", "annotations"])(
      "in a delta's `%s`",
      (key) => {
        for (const value of odd) expect(attempt(chunk({ [key]: value }))).toBe(true);
      },
    );
  });
});
