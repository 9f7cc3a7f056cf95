import { createReply, defineStage, GatewayError, insertBefore, type GatewayOptions } from "@llm-gateway/core";
import { APICallError, generateText, streamText } from "ai";
import { describe, expect, test, vi } from "vitest";
import { chatAnswer, chatStream } from "../../core/src/testing/wire.ts";
import { languageModel, type LanguageModelOptions } from "../src/index.ts";
import { setUp } from "./set-up.ts";

const hang = (): Promise<never> => new Promise(() => undefined);
const prompt = "Hi";
const call = { prompt: [{ role: "user" as const, content: [{ type: "text" as const, text: "Hi" }] }] };

/** What a promise is rejected with. */
const failureOf = (promise: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(promise).then(
    () => expect.fail("It should have failed."),
    (error: unknown) => error,
  );

describe("a call that is given up", () => {
  const reason = new DOMException("Not needed any more.", "AbortError");

  test("before it begins is rejected with its reason", async () => {
    const { gateway } = setUp([hang]);
    const abortSignal = AbortSignal.abort(reason);
    const model = languageModel(gateway, "fast");
    expect(await failureOf(generateText({ model, prompt, abortSignal }))).toBe(reason);
    expect(await failureOf(model.doStream({ ...call, abortSignal }))).toBe(reason);
  });

  test.each(["doGenerate", "doStream"] as const)("while the provider is silent stops it: %s", async (method) => {
    const { gateway, transport, ledger } = setUp([hang]);
    const abort = new AbortController();
    const asked = failureOf(languageModel(gateway, "fast")[method]({ ...call, abortSignal: abort.signal }));
    await vi.waitFor(() => expect(transport.requests).toHaveLength(1));
    abort.abort(reason);
    expect(await asked).toBe(reason);
    expect(transport.requests[0]?.signal.aborted).toBe(true);
    expect(ledger.rows()).toMatchObject([{ error: "client_closed" }]);
  });

  test("in the middle of a stream stops the provider, and the AI SDK tells of an abort", async () => {
    const { gateway, transport, ledger } = setUp([{ body: chatStream("a", "b", "c", "d") }]);
    const abort = new AbortController();
    const onAbort = vi.fn<() => void>();
    const onError = vi.fn<() => void>();
    const model = languageModel(gateway, "fast");
    const result = streamText({ model, prompt, abortSignal: abort.signal, onAbort, onError });
    const types: string[] = [];
    for await (const part of result.stream) {
      types.push(part.type);
      if (part.type === "text-delta") abort.abort(reason);
    }
    expect(types.at(-1)).toBe("abort");
    expect(onAbort).toHaveBeenCalledOnce();
    expect(onError).not.toHaveBeenCalled();
    await vi.waitFor(() => expect(transport.closedEarly()).toBe(1));
    expect(ledger.rows()).toMatchObject([{ exit: "aborted" }]);
  });

  test("in the middle of a stream fails the stream with its reason", async () => {
    const { gateway } = setUp([{ body: chatStream("a", "b", "c") }]);
    const abort = new AbortController();
    const { stream } = await languageModel(gateway, "fast").doStream({ ...call, abortSignal: abort.signal });
    const reader = stream.getReader();
    await reader.read();
    abort.abort(reason);
    const rest = async (): Promise<void> => {
      while (!(await reader.read()).done);
    };
    expect(await failureOf(rest())).toBe(reason);
  });

  test("by leaving its stream stops the provider, even while that is silent", async () => {
    let stopped = 0;
    const silence = defineStage("silence", () =>
      Promise.resolve(
        createReply({
          batches: {
            next: hang,
            return: () => {
              stopped++;
              return Promise.resolve({ done: true, value: undefined });
            },
          },
        }),
      ),
    );
    const { gateway } = setUp([], { stages: [silence] });
    const { stream } = await languageModel(gateway, "fast").doStream(call);
    const reader = stream.getReader();
    await reader.read();
    const pending = reader.read();
    await reader.cancel();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect(stopped).toBe(1);
  });
});

describe("a call that fails", () => {
  test("has the gateway's status and its error as the cause, and is not made again in vain", async () => {
    const { gateway, transport } = setUp([{ status: 400, body: { error: { message: "no" } } }]);
    const error = await failureOf(generateText({ model: languageModel(gateway, "fast"), prompt }));
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({
      statusCode: 400,
      isRetryable: false,
      url: "llm-gateway:fast",
      requestBodyValues: { model: "fast", messages: [{ role: "user" }] },
      cause: { code: "upstream_invalid_request" },
    });
    expect(transport.requests).toHaveLength(1);
  });

  test("for a name nobody knows says so", async () => {
    const { gateway } = setUp([hang]);
    expect(await failureOf(languageModel(gateway, "nobody/m").doGenerate(call))).toMatchObject({
      statusCode: 404,
      isRetryable: false,
      cause: { code: "model_not_found" },
    });
  });

  /** A gateway that is too busy for its first request. */
  const busyOnce = (): Pick<GatewayOptions, "stages"> => {
    let calls = 0;
    const busy = defineStage("busy", (_context, next) => {
      if (calls++ > 0) return next();
      throw new GatewayError("gateway_overloaded", "Too much to do.", { retryAfterMs: 0.5 });
    });
    return { stages: (defaults) => insertBefore(defaults, "route", busy) };
  };

  test("is made again where that may help, when the gateway says", async () => {
    const { gateway } = setUp([{ body: chatAnswer("Hello") }], busyOnce());
    const { text } = await generateText({ model: languageModel(gateway, "fast"), prompt });
    expect(text).toBe("Hello");
  });

  test("as a stream, too", async () => {
    const { gateway } = setUp([{ body: chatStream("Hel", "lo") }], busyOnce());
    expect(await streamText({ model: languageModel(gateway, "fast"), prompt }).text).toBe("Hello");
  });

  test("but not where the caller wants no second try", async () => {
    const { gateway } = setUp([{ body: chatAnswer("Hello") }], busyOnce());
    const asked = generateText({ model: languageModel(gateway, "fast"), prompt, maxRetries: 0 });
    expect(await failureOf(asked)).toMatchObject({
      statusCode: 503,
      isRetryable: true,
      responseHeaders: { "retry-after-ms": "1" },
    });
  });

  test("in a stage of the host's own fails with that stage's error", async () => {
    const mistake = new RangeError("A bug.");
    const { gateway } = setUp([], { stages: [defineStage("buggy", () => Promise.reject(mistake))] });
    expect(await failureOf(languageModel(gateway, "fast").doGenerate(call))).toBe(mistake);
  });

  test("in the middle of a stream ends it as an error, never as a proper answer", async () => {
    const { gateway } = setUp([{ body: chatStream("Hel", "lo").slice(0, 3) }]);
    const errors: unknown[] = [];
    const result = streamText({
      model: languageModel(gateway, "fast"),
      prompt,
      onError: ({ error }) => void errors.push(error),
    });
    let text = "";
    for await (const piece of result.textStream) text += piece;
    expect(text).toBe("Hello");
    expect(await result.finishReason).toBe("error");
    expect(errors).toMatchObject([{ name: "AI_APICallError", cause: { code: "upstream_stream_truncated" } }]);
  });
});

test("a model says who it is, and that it wants files downloaded", () => {
  const { gateway } = setUp([hang]);
  expect(languageModel(gateway, "fast")).toMatchObject({
    specificationVersion: "v4",
    provider: "llmGateway",
    modelId: "fast",
    supportedUrls: {},
  });
});

test("an option that does not exist is refused when the model is made", () => {
  const { gateway } = setUp([hang]);
  const misspelt = { principle: { id: "ada" } } as LanguageModelOptions;
  expect(() => languageModel(gateway, "fast", misspelt)).toThrow(
    new TypeError("languageModel() has no option `principle`; it has `principal`."),
  );
});
