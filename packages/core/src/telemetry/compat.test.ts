import { describe, expect, test } from "vitest";
import { gatewayCompat, guardCompat, inferenceCompat, stageCompat } from "./compat.ts";
import type { Compat } from "./options.ts";

const off: readonly Compat[] = [];
const firstContentAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

describe("compat", () => {
  test("off: nothing, and always the same nothing", () => {
    const nothing = gatewayCompat(off, "chat");
    expect(nothing).toEqual({});
    expect(stageCompat(off, "guardrail")).toBe(nothing);
    expect(guardCompat(off)).toBe(nothing);
    expect(inferenceCompat(off, "chat", firstContentAt, 1)).toBe(nothing);
  });

  test("openinference: the kind of each span that has one", () => {
    const compat: readonly Compat[] = ["openinference"];
    expect(gatewayCompat(compat, "chat")).toEqual({ "openinference.span.kind": "CHAIN" });
    expect(stageCompat(compat, "guardrail")).toEqual({ "openinference.span.kind": "GUARDRAIL" });
    expect(stageCompat(compat, "cache")).toEqual({});
    expect(guardCompat(compat)).toEqual({ "openinference.span.kind": "GUARDRAIL" });
    expect(inferenceCompat(compat, "chat", firstContentAt, 1)).toEqual({ "openinference.span.kind": "LLM" });
    expect(inferenceCompat(compat, "embeddings", undefined, 1)).toEqual({ "openinference.span.kind": "EMBEDDING" });
  });

  test("langfuse: the trace's name, when the answer began and what it cost", () => {
    const compat: readonly Compat[] = ["langfuse"];
    expect(gatewayCompat(compat, "chat")).toEqual({ "langfuse.trace.name": "llm_gateway chat" });
    expect(stageCompat(compat, "guardrail")).toEqual({});
    expect(guardCompat(compat)).toEqual({});
    expect(inferenceCompat(compat, "chat", firstContentAt, 1_250_000)).toEqual({
      "langfuse.observation.completion_start_time": "2026-01-02T03:04:05.678Z",
      "gen_ai.usage.cost": 0.00125,
    });
  });

  test("langfuse: what is not known is left out", () => {
    expect(inferenceCompat(["langfuse"], "chat", undefined, undefined)).toEqual({});
    expect(inferenceCompat(["langfuse"], "chat", undefined, 0)).toEqual({ "gen_ai.usage.cost": 0 });
  });

  test("both at once", () => {
    const compat: readonly Compat[] = ["langfuse", "openinference"];
    expect(gatewayCompat(compat, "chat")).toEqual({
      "openinference.span.kind": "CHAIN",
      "langfuse.trace.name": "llm_gateway chat",
    });
    expect(inferenceCompat(compat, "chat", undefined, 5_000_000_000)).toEqual({
      "openinference.span.kind": "LLM",
      "gen_ai.usage.cost": 5,
    });
  });
});
