import { describe, expect, it } from "vitest";
import {
  assistant,
  call,
  claude,
  encode,
  gptOss,
  llama,
  look,
  nova,
  nova2,
  refusal,
  result,
  text,
  user,
} from "../../../test/converse-request.ts";
import type { Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";

describe("settings", () => {
  it("writes what all models have", () => {
    const { body, dropped } = encode(
      {
        maxOutputTokens: 10,
        temperature: 1.5,
        topP: 0.5,
        stop: ["END", " "],
        serviceTier: "flex",
        metadata: { team: "a b", bad: "{}" },
      },
      llama,
    );
    expect(body).toMatchObject({
      inferenceConfig: { maxTokens: 10, temperature: 1, topP: 0.5, stopSequences: ["END"] },
      serviceTier: { type: "flex" },
      requestMetadata: { team: "a b" },
    });
    expect(dropped).toEqual(["stop", "temperature", "metadata"]);
    expect(encode({ serviceTier: "auto", maxOutputTokens: 1 }).body["serviceTier"]).toBeUndefined();
    expect(encode({ serviceTier: "warp" }).dropped).toEqual(["service_tier"]);
  });

  it("asks Claude which stop sequence it met", () => {
    expect(encode({ stop: ["END"] }).body["additionalModelResponseFieldPaths"]).toEqual(["/stop_sequence"]);
    expect(encode({ stop: ["END"] }, nova).body["additionalModelResponseFieldPaths"]).toBeUndefined();
  });

  it("puts top_k where the family has it", () => {
    const fieldsOf = (model: string): unknown => encode({ topK: 5 }, model).body["additionalModelRequestFields"];
    expect(fieldsOf(claude)).toEqual({ top_k: 5 });
    expect(fieldsOf(nova)).toEqual({ inferenceConfig: { topK: 5 } });
    expect(encode({ topK: 5 }, llama).dropped).toEqual(["top_k"]);
  });

  it.each<[string, string, Partial<ChatRequest>, unknown, unknown, readonly string[]]>([
    [
      "Claude by budget",
      claude,
      { reasoning: { effort: "medium" }, temperature: 0.2 },
      { maxTokens: 6144 },
      { thinking: { type: "enabled", budget_tokens: 2048 } },
      ["temperature"],
    ],
    [
      "Claude adaptively",
      "anthropic.claude-opus-4-6-v1",
      { reasoning: { effort: "high" } },
      undefined,
      { thinking: { type: "adaptive", display: "summarized" }, output_config: { effort: "high" } },
      [],
    ],
    [
      "Nova 2",
      nova2,
      { reasoning: { effort: "low" }, maxOutputTokens: 9 },
      { maxTokens: 9 },
      { reasoningConfig: { type: "enabled", maxReasoningEffort: "low" } },
      [],
    ],
    [
      "Nova 2 at its highest",
      nova2,
      { reasoning: { budgetTokens: 9000 }, temperature: 0.5, topP: 0.5 },
      undefined,
      { reasoningConfig: { type: "enabled", maxReasoningEffort: "high" } },
      ["temperature", "top_p"],
    ],
    [
      "Nova 2 at its highest with a limit",
      nova2,
      { reasoning: { effort: "max" }, maxOutputTokens: 9 },
      { maxTokens: 9 },
      { reasoningConfig: { type: "enabled", maxReasoningEffort: "medium" } },
      ["reasoning_effort"],
    ],
    ["Nova 2 off", nova2, { reasoning: { effort: "none" } }, undefined, { reasoningConfig: { type: "disabled" } }, []],
    ["GPT-OSS", gptOss, { reasoning: { effort: "high" } }, undefined, { reasoning_effort: "high" }, []],
    [
      "GPT-OSS off",
      gptOss,
      { reasoning: { enabled: false } },
      undefined,
      { reasoning_effort: "low" },
      ["reasoning_effort"],
    ],
    ["none of these", llama, { reasoning: { effort: "high" } }, undefined, undefined, ["reasoning_effort"]],
  ])("asks for reasoning: %s", (_, model, request, config, fields, names) => {
    const { body, dropped } = encode(request, model);
    expect(body["inferenceConfig"]).toEqual(config);
    expect(body["additionalModelRequestFields"]).toEqual(fields);
    expect(dropped).toEqual(names);
  });

  it("takes an effort that is none for the middle one, whatever its name", () => {
    for (const effort of ["huge", "constructor", "__proto__"]) {
      const { body, dropped } = encode({ reasoning: { effort } }, gptOss);
      expect(body["additionalModelRequestFields"]).toEqual({ reasoning_effort: "medium" });
      expect(dropped).toEqual(["reasoning_effort"]);
      expect(encode({ reasoning: { effort } }).body["additionalModelRequestFields"]).toMatchObject({
        thinking: { budget_tokens: 4096 },
      });
    }
  });

  it("gives up thinking with a budget rather than a forced call or a turn that lost its thinking", () => {
    const reasoning = { effort: "low" };
    expect(encode({ reasoning, tools: [look], toolChoice: { type: "required" } }).dropped).toEqual([
      "reasoning_effort",
    ]);
    const lost = [user(text("Hi")), assistant(call("a")), result("a")];
    expect(encode({ reasoning, messages: lost }).dropped).toEqual(["reasoning_effort"]);
    const thought: Part = { type: "reasoning", text: "t", signature: { format: "anthropic-claude-v1", value: "s" } };
    const kept = [user(text("Hi")), assistant(thought, call("a")), result("a")];
    expect(encode({ reasoning, messages: kept }).dropped).toEqual([]);
  });

  it("holds answers to a schema, given as text, where the model can be held", () => {
    const schema = { type: "object", properties: { n: { type: "integer", minimum: 1 } } };
    const outputFormat = { type: "json-schema", schema, name: "out", description: "d" } as const;
    const { textFormat } = encode({ outputFormat }).body["outputConfig"] as { textFormat: Json };
    const { jsonSchema } = textFormat["structure"] as { jsonSchema: Json };
    expect(textFormat["type"]).toBe("json_schema");
    expect(jsonSchema).toMatchObject({ name: "out", description: "d" });
    expect(JSON.parse(String(jsonSchema["schema"]))).toEqual({
      type: "object",
      properties: { n: { type: "integer", description: "(minimum: 1)" } },
      additionalProperties: false,
    });
    expect(encode({ outputFormat }, nova).body["toolConfig"]).toMatchObject({
      tools: [{ toolSpec: { inputSchema: { json: schema } } }],
    });
    const system = (request: Partial<ChatRequest>): unknown => encode(request, llama).body["system"];
    expect(system({ outputFormat })).toEqual([{ text: expect.stringContaining('"minimum":1') as string }]);
    expect(system({ outputFormat: { type: "json" } })).toEqual([{ text: expect.stringContaining("JSON") as string }]);
  });

  it.each<[Partial<ChatRequest>, string]>([
    [{ choiceCount: 2 }, "n"],
    [{ logprobs: true }, "logprobs"],
    [{ logitBias: { 1: 1 } }, "logit_bias"],
    [{ modalities: ["text", "audio"] }, "modalities"],
  ])("refuses %j", (request, param) => {
    expect(refusal(request).param).toBe(param);
  });

  it("drops by name what would only tune", () => {
    const request = { seed: 1, frequencyPenalty: 1, presencePenalty: 1, verbosity: "low", cacheKey: "k", user: "u" };
    expect(encode(request).dropped).toEqual([
      "seed",
      "frequency_penalty",
      "presence_penalty",
      "verbosity",
      "prompt_cache_key",
      "user",
    ]);
  });
});
