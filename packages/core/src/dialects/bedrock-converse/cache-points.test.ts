import { describe, expect, it } from "vitest";
import {
  assistant,
  call,
  encode,
  llama,
  look,
  lookSpec,
  messages,
  nova,
  result,
  text,
  user,
} from "../../../test/converse-request.ts";
import type { Part } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";

describe("cache points", () => {
  const hint = { cacheHint: {} };
  const point = { cachePoint: { type: "default" } };
  const hour = { cachePoint: { type: "default", ttl: "1h" } };
  const hinted: Partial<ChatRequest> = {
    tools: [{ ...look, ...hint }],
    messages: [
      { role: "system", parts: [{ type: "text", text: "S", ...hint }] },
      user({ type: "text", text: "U", cacheHint: { ttl: "1h" } }, text("V")),
    ],
  };

  it("stand behind what they cover", () => {
    expect(encode(hinted).body).toMatchObject({
      toolConfig: { tools: [lookSpec, hour] },
      system: [{ text: "S" }, hour],
      messages: [{ content: [{ text: "U" }, hour, { text: "V" }] }],
    });
  });

  it("let no hour follow minutes, but minutes an hour", () => {
    const parts = ["5m", "1h", "300s"].map((ttl): Part => ({ type: "text", text: ttl, cacheHint: { ttl } }));
    expect(messages([user(...parts)])).toEqual([
      { role: "user", content: [{ text: "5m" }, hour, { text: "1h" }, hour, { text: "300s" }, point] },
    ]);
  });

  it("are left out where the model takes none, by name", () => {
    const novas = encode(hinted, nova);
    expect(novas.body).toMatchObject({ toolConfig: { tools: [lookSpec] }, system: [{ text: "S" }, point] });
    expect(novas.dropped).toEqual(["cache_control", "cache_control.ttl"]);
    expect(JSON.stringify(encode(hinted, llama).body)).not.toContain("cachePoint");
    expect(encode(hinted, llama).dropped).toEqual(["cache_control"]);
    expect(encode(hinted, "anthropic.claude-3-haiku-20240307-v1:0").dropped).toEqual(["cache_control"]);
  });

  it("are at most four, the last ones", () => {
    const parts = ["1", "2", "3", "4"].map((value): Part => ({ type: "text", text: value, ...hint }));
    const { body, dropped } = encode({ ...hinted, messages: [...(hinted.messages ?? []), user(...parts)] });
    expect(body).toMatchObject({ toolConfig: { tools: [lookSpec] }, system: [{ text: "S" }] });
    expect(JSON.stringify(body).split('"cachePoint"')).toHaveLength(5);
    expect(dropped).toEqual(["cache_control"]);
  });

  it("stand at the end for a request that only says it is worth caching, and behind results, not inside", () => {
    expect(messages([user(text("Hi"))])).toEqual([{ role: "user", content: [{ text: "Hi" }] }]);
    expect(encode(hint).body["messages"]).toEqual([{ role: "user", content: [{ text: "Hi" }, point] }]);
    const turns = messages([
      user(text("Hi")),
      assistant(call("a")),
      result("a", { type: "text", text: "r", ...hint }),
    ]) as Json[];
    expect(turns[2]?.["content"]).toEqual([{ toolResult: { toolUseId: "a", content: [{ text: "r" }] } }, point]);
  });
});
