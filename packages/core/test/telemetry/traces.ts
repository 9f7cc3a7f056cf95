import { context, diag, DiagLogLevel, SpanStatusCode, trace, type DiagLogger } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { TracerProvider, type ReadableSpan, type SpanProcessor } from "@opentelemetry/sdk-trace";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";

/** Keeps every span of a test, in the order in which they began, and what the SDK says of their use. */
export class Traces implements SpanProcessor, DiagLogger {
  #started: ReadableSpan[] = [];
  #ended: ReadableSpan[] = [];
  readonly #namesAtStart = new Map<string, string[]>();
  #complaints: string[] = [];

  onStart(span: ReadableSpan): void {
    this.#started.push(span);
    this.#namesAtStart.set(span.name, Object.keys(span.attributes));
  }
  onEnd(span: ReadableSpan): void {
    this.#ended.push(span);
  }
  forceFlush(): Promise<void> {
    return Promise.resolve();
  }
  shutdown(): Promise<void> {
    return Promise.resolve();
  }

  // The SDK ignores what is done to a span that has ended, a second end included, but says so.
  warn(message: string, ...details: unknown[]): void {
    const [, spanId] = /spanId: ([0-9a-f]+)/.exec(message) ?? [];
    const span = this.#started.find((candidate) => candidate.spanContext().spanId === spanId);
    const where = details.find((detail) => detail instanceof Error)?.stack;
    this.#complaints.push([message, ...(span === undefined ? [] : [lineOf(span)]), where].join("\n"));
  }
  error(message: string, ...details: unknown[]): void {
    this.warn(message, ...details);
  }
  info(): void {}
  debug(): void {}
  verbose(): void {}

  clear(): void {
    this.#started = [];
    this.#ended = [];
    this.#complaints = [];
  }

  /** Those that have ended, as they began. */
  spans(): readonly ReadableSpan[] {
    return this.#started.filter((span) => span.ended);
  }

  named(name: string): ReadableSpan[] {
    return this.spans().filter((span) => span.name === name);
  }

  /** The only one of this name. */
  one(name: string): ReadableSpan {
    const [span, ...others] = this.named(name);
    if (span === undefined || others.length > 0) {
      throw new Error(`There is not one span "${name}" among these:\n${this.tree().join("\n")}`);
    }
    return span;
  }

  /** The attributes that the last span of this name began with: samplers see no others. */
  attributesAtStart(name: string): readonly string[] {
    return this.#namesAtStart.get(name) ?? [];
  }

  gateway(): ReadableSpan {
    return this.one("llm_gateway chat");
  }

  /** The span of a stage in one of its phases. */
  stage(name: string, phase: string): ReadableSpan {
    const spans = this.named(`llm_gateway.stage ${name}`);
    const [span, ...others] = spans.filter(({ attributes }) => attributes["llm_gateway.stage.phase"] === phase);
    if (span === undefined || others.length > 0) {
      throw new Error(`There is not one ${phase} of "${name}" among these:\n${this.tree().join("\n")}`);
    }
    return span;
  }

  /** The tree as lines, indented by depth, each in the order in which its spans began; failures with their type. */
  tree(): string[] {
    const spans = this.spans();
    const ids = new Set(spans.map((span) => span.spanContext().spanId));
    const lines: string[] = [];
    const visit = (span: ReadableSpan, depth: number): void => {
      lines.push("  ".repeat(depth) + lineOf(span));
      const { spanId } = span.spanContext();
      for (const child of spans) if (child.parentSpanContext?.spanId === spanId) visit(child, depth + 1);
    };
    for (const span of spans) if (!ids.has(span.parentSpanContext?.spanId ?? "")) visit(span, 0);
    return lines;
  }

  /** Once its request is over, each span has ended, once, and nobody touched it afterwards. */
  checkAllEnded(): void {
    const open = this.#started.filter((span) => !span.ended).map(lineOf);
    if (open.length === 0 && this.#ended.length === this.#started.length && this.#complaints.length === 0) return;
    const counts = `${this.#started.length} started, ${this.#ended.length} ended`;
    throw new Error([`${counts}. Still open:`, ...open, "The SDK says:", ...this.#complaints].join("\n"));
  }
}

const lineOf = ({ name, attributes, status }: ReadableSpan): string => {
  const phase = attributes["llm_gateway.stage.phase"];
  const failed = status.code === SpanStatusCode.ERROR ? ` ✗ ${String(attributes["error.type"])}` : "";
  return `${name.replace("llm_gateway.stage ", "")}${typeof phase === "string" ? ` ${phase}` : ""}${failed}`;
};

/** Registers an SDK that tells these traces of every span. */
export const registerTraces = (traces: Traces): void => {
  diag.setLogger(traces, DiagLogLevel.WARN);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [traces] }));
};

export const unregisterTraces = (): void => {
  trace.disable();
  context.disable();
  diag.disable();
};

/** Registers an SDK for the tests of a file, and checks after each of them that every span has ended once. */
export const useTraces = (): Traces => {
  const traces = new Traces();
  beforeAll(() => registerTraces(traces));
  beforeEach(() => traces.clear());
  afterEach(() => traces.checkAllEnded());
  afterAll(unregisterTraces);
  return traces;
};
