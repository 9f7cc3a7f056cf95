import { describe, expect, it } from "vitest";
import { toUsage } from "./usage.ts";

describe("toUsage", () => {
  it("adds thoughts to the output, and tool prompts to the input (T8)", () => {
    const metadata = {
      promptTokenCount: 10,
      toolUsePromptTokenCount: 5,
      candidatesTokenCount: 3,
      thoughtsTokenCount: 2,
      totalTokenCount: 20,
    };
    expect(toUsage(metadata)).toEqual({ inputTokens: 15, outputTokens: 5, reasoningTokens: 2 });
  });

  it("does not add thoughts that the total shows to be among the candidates (Q67)", () => {
    const metadata = { promptTokenCount: 10, candidatesTokenCount: 7, thoughtsTokenCount: 4, totalTokenCount: 17 };
    expect(toUsage(metadata)).toEqual({ inputTokens: 10, outputTokens: 7, reasoningTokens: 4 });
  });

  it("adds thoughts where the candidates are too few to hold them, or where there is no total", () => {
    expect(
      toUsage({ promptTokenCount: 1, candidatesTokenCount: 2, thoughtsTokenCount: 5, totalTokenCount: 3 })
        ?.outputTokens,
    ).toBe(7);
    expect(toUsage({ promptTokenCount: 1, candidatesTokenCount: 7, thoughtsTokenCount: 5 })?.outputTokens).toBe(12);
    expect(toUsage({ promptTokenCount: 1, thoughtsTokenCount: 5, totalTokenCount: 6 })?.outputTokens).toBe(5);
  });

  it("counts cached tokens as part of the prompt, once (Q68), and audio by modality", () => {
    const metadata = {
      promptTokenCount: 10,
      cachedContentTokenCount: 8,
      candidatesTokenCount: 1,
      promptTokensDetails: [
        { modality: "TEXT", tokenCount: 4 },
        { modality: "AUDIO", tokenCount: 6 },
      ],
      candidatesTokensDetails: [{ modality: "AUDIO", tokenCount: 1 }],
    };
    expect(toUsage(metadata)).toEqual({
      inputTokens: 10,
      outputTokens: 1,
      cacheReadTokens: 8,
      audioInputTokens: 6,
      audioOutputTokens: 1,
    });
  });

  it("says nothing where there are no counts, or none that make sense", () => {
    expect(toUsage({})).toBe(undefined);
    expect(toUsage({ trafficType: "ON_DEMAND", promptTokenCount: "9", candidatesTokenCount: -1 })).toBe(undefined);
  });
});
