import { INVALID_SPAN_CONTEXT, trace } from "@opentelemetry/api";
import type { ChatRequest } from "../chat/request.ts";
import { Cancellation } from "../pipeline/cancellation.ts";
import { createContext, deriveContext, type Context, type ContextValues, type Logger } from "../pipeline/context.ts";
import { createFakeClock } from "./fake-clock.ts";

const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A small request in the OpenAI chat dialect, with any of its fields replaced. */
export const testRequest = (overrides: Partial<ChatRequest> = {}): ChatRequest => ({
  dialect: "openai-chat",
  model: "test-model",
  stream: false,
  messages: [{ role: "user", parts: [{ type: "text", text: "Hello" }] }],
  ...overrides,
});

export type TestContextOverrides = Partial<Omit<Context, "get" | "set" | "cancellation">> & {
  readonly values?: ContextValues;
};

/**
 * A context for tests of one stage, with any of its fields replaced: a clock that stands still, a span and a logger
 * that keep nothing, a signal nobody aborts, ten minutes to the deadline.
 */
export const testContext = (overrides: TestContextOverrides = {}): Context => {
  const { targets, target, attempt, signal, ...fields } = overrides;
  const clock = fields.clock ?? createFakeClock();
  const context = createContext({
    id: "request-1",
    request: testRequest(),
    principal: { id: "user-1" },
    cancellation: signal === undefined ? new Cancellation() : Cancellation.following(signal),
    deadline: clock.now() + 600_000,
    clock,
    random: () => 0.5,
    logger: silent,
    span: trace.wrapSpanContext(INVALID_SPAN_CONTEXT),
    values: new Map(),
    ...fields,
  });
  return deriveContext(context, {
    ...(targets === undefined ? {} : { targets }),
    ...(target === undefined ? {} : { target }),
    ...(attempt === undefined ? {} : { attempt }),
  });
};
