import type { Span, Tracer } from "@opentelemetry/api";

/** A tracer, and how often it or one of its spans was told or asked something. */
export interface CountedTracer {
  readonly tracer: Tracer;
  readonly calls: () => number;
}

export const createCountedTracer = (tracer: Tracer): CountedTracer => {
  let calls = 0;
  const counted = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        return (...args: readonly unknown[]) => {
          calls++;
          const result: unknown = Reflect.apply(value, target, args);
          return name === "startSpan" ? counted(result as Span) : result;
        };
      },
    });
  return { tracer: counted(tracer), calls: () => calls };
};
