import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Json } from "../dialect.ts";
import { objectIn } from "../fields.ts";
import { openaiChat } from "../openai-chat/openai-chat.ts";
import { bedrockConverse } from "./bedrock-converse.ts";

const root = fileURLToPath(
  new URL("../../../../../../shared/fixtures/translations/openai-chat_to_bedrock-converse/", import.meta.url),
);
const present = existsSync(root);

const read = (path: string): Json => JSON.parse(readFileSync(root + path, "utf8")) as Json;

// What the recorded request left out or wrote as something else: the system prompt, cache points, a link to an image.
const differs = /instructions|cache-control|image-url/;
const names = present ? readdirSync(root).filter((name) => !differs.test(name)) : [];

const withoutStrict = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null), (key, held: unknown) => (key === "strict" ? undefined : held));

describe.skipIf(!present)("requests that Bedrock answered (skipped where the recordings are absent)", () => {
  it.each(names)("%s", (name) => {
    const expected = read(`${name}/target.request.json`);
    const model = String(expected["modelId"]);
    const request = openaiChat.decodeRequest(read(`${name}/source.request.json`));
    const { body, path } = bedrockConverse.encodeRequest(request, { provider: "bedrock", model, quirks: {} });
    const encoded = JSON.parse(String(body)) as Json;
    expect(path).toBe(`/model/${model.replace(":", "%3A")}/converse`);
    expect(encoded["messages"]).toEqual(expected["messages"]);
    // The recorded requests left out that a tool is strict, and which one must be called.
    expect(withoutStrict(objectIn(encoded, "toolConfig")?.["tools"])).toEqual(
      objectIn(expected, "toolConfig")?.["tools"] ?? null,
    );
    // Thinking and a forced call exclude each other: the recorded request kept the one, ours keeps the other.
    const forced = request.toolChoice !== undefined && request.toolChoice.type !== "auto";
    const thinking = forced ? undefined : objectIn(expected, "additionalModelRequestFields")?.["thinking"];
    expect(objectIn(encoded, "additionalModelRequestFields")?.["thinking"]).toEqual(thinking);
  });
});
