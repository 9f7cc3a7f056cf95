import { describe, expect, it } from "vitest";
import {
  assistant,
  call,
  encode,
  look,
  lookSpec,
  nova,
  refusal,
  result,
  text,
  user,
} from "../../../test/converse-request.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";

describe("tools", () => {
  const toolConfig = (request: Partial<ChatRequest>, model?: string): unknown =>
    encode({ tools: [look], ...request }, model).body["toolConfig"];

  it("declares them with a schema of an object, and no empty description", () => {
    const parameters = { $schema: "x", type: "object", properties: { a: { type: "string" } } };
    expect(
      toolConfig({
        tools: [
          { ...look, description: "" },
          { ...look, name: "b", description: "B", parameters },
        ],
      }),
    ).toEqual({
      tools: [
        lookSpec,
        {
          toolSpec: {
            name: "b",
            description: "B",
            inputSchema: { json: { type: "object", properties: { a: { type: "string" } } } },
          },
        },
      ],
    });
  });

  it("gives tools legal names, and the choice and the history the same ones", () => {
    const tool = { ...look, name: "files/read.now" };
    const { body } = encode({
      tools: [tool],
      toolChoice: { type: "tool", name: tool.name },
      messages: [user(text("Hi")), assistant(call("a", "{}", tool.name)), result("a")],
    });
    const name = /"name":"(files_read_now_[0-9a-f]{12})"/.exec(JSON.stringify(body))?.[1];
    expect(name).toBeDefined();
    expect(JSON.stringify(body).split(`"${name}"`)).toHaveLength(4);
    expect(JSON.stringify(body)).not.toContain("files/read");
  });

  it.each<[string, ChatRequest["toolChoice"], unknown]>([
    ["auto", { type: "auto" }, { auto: {} }],
    ["required", { type: "required" }, { any: {} }],
    ["named", { type: "tool", name: "look" }, { tool: { name: "look" } }],
    ["some of them", { type: "allowed", mode: "required", names: ["look"] }, { any: {} }],
  ])("writes the choice: %s", (_, toolChoice, expected) => {
    const other = { ...look, name: "other" };
    const offered =
      toolChoice?.type === "allowed" ? [lookSpec] : [lookSpec, { toolSpec: { ...lookSpec.toolSpec, name: "other" } }];
    expect(toolConfig({ tools: [look, other], ...(toolChoice && { toolChoice }) })).toEqual({
      tools: offered,
      toolChoice: expected,
    });
  });

  it("offers no tools where none may be called, unless the history has calls", () => {
    const history = [user(text("Hi")), assistant(call("a")), result("a")];
    const none = { toolChoice: { type: "none" } } as const;
    expect(toolConfig(none)).toBeUndefined();
    expect(toolConfig({ tools: [], messages: history })).toEqual({ tools: [lookSpec] });
    const claudes = encode({ tools: [look], messages: history, ...none });
    expect(claudes.body["toolConfig"]).toEqual({ tools: [lookSpec] });
    expect(claudes.body["additionalModelRequestFields"]).toEqual({ tool_choice: { type: "none" } });
    expect(encode({ tools: [look], messages: history, ...none }, nova).dropped).toEqual(["tool_choice"]);
  });

  it("tells Claude to call one at a time, in its own words, and names the loss for others", () => {
    const one = { tools: [look], parallelToolCalls: false } as const;
    const choiceOf = (toolChoice?: ChatRequest["toolChoice"]): unknown => {
      const { body } = encode({ ...one, ...(toolChoice && { toolChoice }) });
      expect(body["toolConfig"]).toEqual({ tools: [lookSpec] });
      return (body["additionalModelRequestFields"] as Json)["tool_choice"];
    };
    expect(choiceOf()).toEqual({ type: "auto", disable_parallel_tool_use: true });
    expect(choiceOf({ type: "required" })).toEqual({ type: "any", disable_parallel_tool_use: true });
    expect(choiceOf({ type: "tool", name: "look" })).toEqual({
      type: "tool",
      name: "look",
      disable_parallel_tool_use: true,
    });
    expect(encode(one, nova).dropped).toEqual(["parallel_tool_calls"]);
  });

  it("holds calls to their schema where the model can be held", () => {
    const strict = { tools: [{ ...look, strict: true, parameters: { type: "object", properties: {} } }] };
    expect(toolConfig(strict)).toMatchObject({
      tools: [{ toolSpec: { strict: true, inputSchema: { json: { additionalProperties: false } } } }],
    });
    expect(encode(strict, nova).dropped).toEqual(["tools.strict"]);
    expect(encode(strict, "anthropic.claude-opus-4-1-20250805-v1:0").dropped).toEqual(["tools.strict"]);
  });

  it("does not force a model that cannot be forced", () => {
    const free = "anthropic.claude-mythos-1-v1:0";
    const forced = { tools: [look], toolChoice: { type: "required" }, parallelToolCalls: false } as const;
    expect(refusal(forced, free).param).toBe("tool_choice");
    const { body, dropped } = encode(forced, free, { unsupported: "drop" });
    expect(dropped).toEqual(["tool_choice"]);
    expect(body["additionalModelRequestFields"]).toEqual({
      tool_choice: { type: "auto", disable_parallel_tool_use: true },
    });
  });

  it("refuses tools it cannot offer", () => {
    expect(refusal({ tools: [{ type: "custom", name: "c" }] }).param).toBe("tools");
    expect(refusal({ tools: [{ type: "opaque", dialect: "gemini", value: {} }] }).param).toBe("tools");
  });
});
