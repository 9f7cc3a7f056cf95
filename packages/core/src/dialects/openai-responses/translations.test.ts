import { describe, expect, it } from "vitest";
import { allRecordings, present } from "../../../test/recordings/fixtures.ts";
import { plainResponses } from "../../../test/recordings/requests/plain-responses.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { openaiChat } from "../openai-chat/openai-chat.ts";
import { openaiResponses } from "./openai-responses.ts";

const target: BackTarget = { provider: "acme", model: "other", quirks: {} };

const translations = allRecordings.flatMap(({ dir, request, translated }) =>
  request?.dialect === "openai-chat" && translated?.dialect === "openai-responses"
    ? [[dir, request.body, plainResponses(translated.body)] as const]
    : [],
);

describe.skipIf(!present)("translations a server accepted (skipped where the recordings are absent)", () => {
  it("finds them", () => expect(translations.length).toBeGreaterThan(5));

  it.each(translations)("says the same: %s", (name, source, wanted) => {
    const { body } = openaiResponses.encodeRequest(openaiChat.decodeRequest(source), target);
    const written = plainResponses(JSON.parse(String(body)) as Json);
    expect(written["input"]).toEqual(wanted["input"]);
    // A schema goes as the client wrote it, whatever its server says to it.
    const fields = name.includes("missing-required") ? ["reasoning"] : ["text", "reasoning", "tool_choice"];
    for (const field of fields) expect(written[field]).toEqual(wanted[field]);
  });
});
