import { describe, expect, it } from "vitest";
import { traitsOf } from "./model-traits.ts";

describe("traitsOf", () => {
  it.each([
    ["claude-2.1", "none", "any"],
    ["claude-3-haiku-20240307", "none", "any"],
    ["anthropic.claude-3-5-sonnet-20241022-v2:0", "none", "any"],
    ["anthropic/claude-3.7-sonnet", "budget", "any"],
    ["claude-sonnet-4-20250514", "budget", "any"],
    ["claude-opus-4@20250514", "budget", "any"],
    ["claude-sonnet-4-0", "budget", "any"],
    ["claude-4-opus-20250514", "budget", "any"],
    ["claude-opus-4-1-20250805", "budget", "either"],
    ["anthropic/claude-opus-4.5", "budget", "either"],
    ["claude-haiku-4-5", "budget", "either"],
    ["claude-sonnet-4-6", "adaptive", "either"],
    ["claude-opus-4-7-20260416", "adaptive", "none"],
    ["claude-sonnet-5", "adaptive", "none"],
    ["claude-opus-5-20260901", "adaptive", "none"],
    ["claude-opus-5-5", "always", "none"],
    ["claude-fable-5", "adaptive", "none"],
    ["claude-fable-5-1", "always", "none"],
    ["Claude-Next", "adaptive", "none"],
    ["deepseek-chat", "budget", "any"],
  ])("knows of %s that it thinks %s and samples %s", (model, thinking, sampling) => {
    expect(traitsOf(model, undefined)).toMatchObject({ thinking, sampling });
  });

  it("believes the catalog where it knows of adaptive thinking", () => {
    const facts = { capabilities: ["adaptive-thinking"] };
    expect(traitsOf("house-model", facts)).toMatchObject({ thinking: "adaptive", sampling: "any" });
    expect(traitsOf("claude-opus-5-5", facts).thinking).toBe("always");
  });
});
