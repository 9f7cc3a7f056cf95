import { describe, expect, it } from "vitest";
import { named } from "../../../test/recordings/answers.ts";
import { allRecordings, present } from "../../../test/recordings/fixtures.ts";
import type { Json } from "../dialect.ts";
import { objectIn } from "../fields.ts";
import { openaiChat } from "../openai-chat/openai-chat.ts";
import { bedrockConverse } from "./bedrock-converse.ts";

// What the recorded request left out or wrote as something else: the system prompt, cache points, a link to an image.
const differs = /instructions|cache-control|image-url/;
const translations = allRecordings.filter(
  ({ dir }) => dir.startsWith("translations/openai-chat_to_bedrock-converse/") && !differs.test(dir),
);

const withoutStrict = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value ?? null), (key, held: unknown) => (key === "strict" ? undefined : held));

describe.skipIf(!present)("requests that Bedrock answered (skipped where the recordings are absent)", () => {
  it("are there", () => expect(translations.length).toBeGreaterThan(5));

  it.each(named(translations))("%s", (_name, { model, request: source, translated }) => {
    const expected = translated?.body ?? {};
    const request = openaiChat.decodeRequest(source?.body ?? {});
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
