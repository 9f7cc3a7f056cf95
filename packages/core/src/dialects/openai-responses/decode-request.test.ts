import { describe, expect, it } from "vitest";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { openaiResponses } from "./openai-responses.ts";
import { wrapProof } from "../wrapped-proof.ts";
import { writeProof } from "./reasoning-proof.ts";

const decode = (body: Json): ChatRequest => openaiResponses.decodeRequest({ model: "m", input: "Hi", ...body });
const target: BackTarget = { provider: "acme", model: "m", quirks: {} };
/** The request written anew for a server of the dialect. */
const again = (body: Json): Json => JSON.parse(String(openaiResponses.encodeRequest(decode(body), target).body));

describe("decodeRequest", () => {
  it("reads a text, and instructions before it", () => {
    expect(decode({ instructions: "Be kind." })).toEqual({
      dialect: "openai-responses",
      model: "m",
      stream: false,
      includeUsage: true,
      messages: [
        { role: "system", parts: [{ type: "text", text: "Be kind." }] },
        { role: "user", parts: [{ type: "text", text: "Hi" }] },
      ],
    });
  });

  it("gathers the items of a turn, and its results in one of their own", () => {
    const { messages } = decode({
      input: [
        { role: "user", content: [{ type: "input_text", text: "Hi" }] },
        { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "Hm." }], encrypted_content: "gA" },
        {
          type: "message",
          role: "assistant",
          id: "msg_1",
          content: [{ type: "output_text", text: "Wait.", annotations: [] }],
        },
        { type: "function_call", id: "fc_1", status: "completed", call_id: "c1", name: "a", arguments: "{}" },
        { type: "custom_tool_call", call_id: "c2", name: "b", input: "text" },
        { type: "function_call_output", call_id: "c1", output: "one" },
        { type: "custom_tool_call_output", call_id: "c2", output: [{ type: "input_text", text: "two" }] },
      ],
    });
    expect(messages).toEqual([
      { role: "user", parts: [{ type: "text", text: "Hi" }] },
      {
        role: "assistant",
        parts: [
          {
            type: "reasoning",
            text: "Hm.",
            summary: true,
            id: "rs_1",
            encrypted: { format: "openai-responses-v1", value: "gA" },
          },
          { type: "text", text: "Wait." },
          { type: "tool-call", kind: "function", id: "c1", name: "a", arguments: "{}" },
          { type: "tool-call", kind: "custom", id: "c2", name: "b", arguments: "text" },
        ],
      },
      {
        role: "tool",
        parts: [
          { type: "tool-result", toolCallId: "c1", content: [{ type: "text", text: "one" }] },
          { type: "tool-result", toolCallId: "c2", content: [{ type: "text", text: "two" }] },
        ],
      },
    ]);
  });

  it("reads images and files in each of their forms", () => {
    const content = [
      { type: "input_image", image_url: "https://example.com/a.png", detail: "low" },
      { type: "input_image", image_url: "data:image/png;base64,AAAA" },
      { type: "input_image", file_id: "file-1" },
      { type: "input_file", file_url: "https://example.com/a.pdf" },
      { type: "input_file", filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" },
      { type: "input_file", file_id: "file-2" },
    ];
    const [message] = decode({ input: [{ role: "user", content }] }).messages;
    expect(message?.parts).toEqual([
      { type: "image", source: { type: "url", url: "https://example.com/a.png" }, detail: "low" },
      { type: "image", source: { type: "base64", mediaType: "image/png", data: "AAAA" } },
      { type: "image", source: { type: "file-id", fileId: "file-1" } },
      { type: "file", source: { type: "url", url: "https://example.com/a.pdf" } },
      { type: "file", source: { type: "base64", mediaType: "application/pdf", data: "AAAA" }, filename: "a.pdf" },
      { type: "file", source: { type: "file-id", fileId: "file-2" } },
    ]);
    expect(again({ input: [{ type: "message", role: "user", content }] })["input"]).toEqual([
      { type: "message", role: "user", content },
    ]);
  });

  it("reads every setting", () => {
    const grammar = { type: "grammar", syntax: "lark", definition: "start: A" };
    const body = {
      stream: true,
      max_output_tokens: 20,
      temperature: 0.5,
      top_p: 0.9,
      top_logprobs: 2,
      include: ["message.output_text.logprobs"],
      parallel_tool_calls: false,
      tools: [
        { type: "function", name: "f", parameters: { type: "object" }, strict: true, defer_loading: true },
        { type: "custom", name: "c", format: grammar },
        { type: "web_search" },
      ],
      tool_choice: {
        type: "allowed_tools",
        mode: "auto",
        tools: [
          { type: "function", name: "f" },
          { type: "custom", name: "c" },
        ],
      },
      text: { verbosity: "low", format: { type: "json_schema", name: "x", schema: { type: "object" }, strict: true } },
      reasoning: { effort: "low", summary: "auto" },
      metadata: { a: "b" },
      service_tier: "flex",
      prompt_cache_key: "k",
      user: "u",
      store: false,
      truncation: "auto",
      max_tool_calls: 3,
      stream_options: { include_obfuscation: false },
      unknown: [1],
    };
    const request = decode(body);
    expect(request).toMatchObject({
      stream: true,
      maxOutputTokens: 20,
      logprobs: true,
      topLogprobs: 2,
      parallelToolCalls: false,
      toolChoice: { type: "allowed", mode: "auto", names: ["f", "c"] },
      verbosity: "low",
      reasoning: { effort: "low" },
      outputFormat: { type: "json-schema", name: "x", strict: true },
      serviceTier: "flex",
      cacheKey: "k",
      user: "u",
      extras: { store: false, truncation: "auto", max_tool_calls: 3, reasoning: { summary: "auto" }, unknown: [1] },
    });
    expect(request.tools?.[1]).toMatchObject({ format: { type: "grammar", grammar: { syntax: "lark" } } });
    // Nothing is lost on the way back.
    expect(again(body)).toEqual({
      ...body,
      // A model that reasons is asked for what it can go on from.
      include: [...body.include, "reasoning.encrypted_content"],
      model: "m",
      input: [{ type: "message", role: "user", content: "Hi" }],
    });
  });

  it("keeps items and choices that only its own servers know, each in its place", () => {
    const input = [
      { type: "message", role: "user", content: "Hi" },
      { type: "item_reference", id: "fc_1" },
      { type: "function_call_output", call_id: "c1", output: "one" },
      { type: "additional_tools", role: "developer", tools: [{ type: "custom", name: "x" }] },
      { type: "web_search_call", id: "ws_1", status: "completed" },
      { type: "message", role: "assistant", phase: "commentary", content: [{ type: "output_text", text: "a" }] },
      { type: "message", role: "assistant", content: [{ type: "output_text", text: "b" }] },
      { type: "message", role: "user", content: [{ type: "input_new", more: 1 }] },
      { type: "mcp_approval_response", approval_request_id: "m1", approve: true },
    ];
    expect(again({ input })["input"]).toEqual(input);
    const choice = { type: "mcp", server_label: "s", name: "t" };
    expect(again({ tools: [{ type: "mcp", server_label: "s" }], tool_choice: choice })["tool_choice"]).toEqual(choice);
  });

  it("gives proofs of other families back to those who issued them", () => {
    const signature = { format: "anthropic-claude-v1", value: "sig" };
    const thought = { format: "google-gemini-v1", value: "thought" };
    const { messages } = decode({
      input: [
        {
          type: "reasoning",
          id: "rs_x",
          summary: [{ type: "summary_text", text: "Hm." }],
          encrypted_content: writeProof({ signature }),
        },
        { type: "reasoning", summary: [], encrypted_content: writeProof({ encrypted: signature }) },
        {
          type: "reasoning",
          summary: [],
          encrypted_content: wrapProof({ kind: "call", signature: thought, call: "c1" }),
        },
        { type: "function_call", call_id: "c1", name: "a", arguments: "{}" },
        { type: "reasoning", summary: [], encrypted_content: wrapProof({ kind: "text", signature: thought }) },
        { type: "reasoning", summary: [], encrypted_content: "bGxtLWdhdGV3YXk6broken" },
        { type: "function_call_output", call_id: "c1", output: "one" },
      ],
    });
    expect(messages[0]?.parts).toMatchObject([
      { type: "reasoning", text: "Hm.", signature },
      { type: "reasoning", text: "", encrypted: signature },
      { type: "tool-call", signature: thought },
      { type: "text", text: "", signature: thought },
      { type: "reasoning", text: "" },
    ]);
  });

  it.each<readonly [Json, string]>([
    [{ model: "" }, "model"],
    [{ input: undefined }, "input"],
    [{ input: 7 }, "input"],
    [{ input: [] }, "input"],
    [{ input: [1] }, "input[0]"],
    [{ input: [{ role: "robot", content: "x" }] }, "input[0].role"],
    [{ input: [{ content: "x" }] }, "input[0].role"],
    [{ input: [{ role: "user", content: 5 }] }, "input[0].content"],
    [{ input: [{ role: "user", content: [{ type: "input_text" }] }] }, "input[0].content[0].text"],
    [{ input: [{ role: "user", content: [{ type: "input_image" }] }] }, "input[0].content[0].image_url"],
    [{ input: [{ type: "function_call", name: "a" }] }, "input[0].call_id"],
    [{ input: [{ type: "function_call", call_id: "c" }] }, "input[0].name"],
    [{ input: [{ type: "function_call_output", output: "x" }] }, "input[0].call_id"],
    [{ input: [{ type: "reasoning", summary: "x" }] }, "input[0].summary"],
    [{ input: [{ type: 5 }] }, "input[0].type"],
    [{ tools: [{ type: "function" }] }, "tools[0].name"],
    [{ tools: [{ name: "x" }] }, "tools[0].type"],
    [{ tools: {} }, "tools"],
    [{ tool_choice: "maybe" }, "tool_choice"],
    [{ tool_choice: { type: "allowed_tools", mode: "x", tools: [] } }, "tool_choice.mode"],
    [{ text: { format: { type: "xml" } } }, "text.format.type"],
    [{ text: { format: { type: "json_schema" } } }, "text.format.schema"],
    [{ reasoning: "low" }, "reasoning"],
    [{ include: "x" }, "include"],
    [{ metadata: { a: 1 } }, "metadata.a"],
    [{ max_output_tokens: 0 }, "max_output_tokens"],
    [{ temperature: 3 }, "temperature"],
    [{ stream: "yes" }, "stream"],
    [{ previous_response_id: "resp_1" }, "previous_response_id"],
    [{ conversation: { id: "conv_1" } }, "conversation"],
    [{ background: true }, "background"],
  ])("refuses %j", (body, param) => {
    let thrown: unknown;
    try {
      decode(body);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(GatewayError);
    expect(thrown).toMatchObject({ param, status: 400 });
  });

  it("throws nothing but its own errors, whatever a field holds", () => {
    const body: Json = {
      model: "m",
      instructions: "a",
      input: [
        {
          type: "message",
          role: "user",
          content: [
            { type: "input_text", text: "a" },
            { type: "input_file", file_data: "A" },
          ],
        },
        {
          type: "reasoning",
          id: "r",
          summary: [{ type: "summary_text", text: "a" }],
          encrypted_content: "bGxtLWdhdGV3YXk6W10=",
        },
        { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: [{ type: "input_image", image_url: "u" }] },
      ],
      tools: [
        { type: "function", name: "f", parameters: {} },
        { type: "custom", name: "c", format: { type: "grammar" } },
      ],
      tool_choice: { type: "allowed_tools", mode: "auto", tools: [{ name: "f" }] },
      text: { format: { type: "json_schema", schema: {} } },
      reasoning: { effort: "low" },
      include: ["x"],
    };
    const values: readonly unknown[] = [null, undefined, 0, -1, "", "x", [], {}, [null], [[]], true];
    const spoil = (value: unknown, path: readonly string[], by: unknown): unknown => {
      const [step, ...rest] = path;
      if (step === undefined) return by;
      const copy = structuredClone(value) as Record<string, unknown>;
      copy[step] = spoil(copy[step], rest, by);
      return copy;
    };
    const pathsOf = (value: unknown, path: readonly string[] = []): readonly (readonly string[])[] =>
      typeof value === "object" && value !== null
        ? [path, ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner, [...path, name]))]
        : [path];
    const thrown = new Set<unknown>();
    for (const path of pathsOf(body).filter(({ length }) => length > 0)) {
      for (const by of values) {
        try {
          again(spoil(body, path, by) as Json);
        } catch (error) {
          thrown.add(GatewayError.is(error) ? "GatewayError" : error);
        }
      }
    }
    expect([...thrown]).toEqual(["GatewayError"]);
  });
});
