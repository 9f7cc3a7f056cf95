import { describe, expect, it } from "vitest";
import { cutsIn } from "../../../test/cuts.ts";
import { answers, isRefusal, named } from "../../../test/recordings/answers.ts";
import { decodeAnswer, decodeOptions, decodeStream, fold } from "../../../test/recordings/decode.ts";
import { present, type Recording } from "../../../test/recordings/fixtures.ts";
import { eventsOf } from "../../../test/recordings/framing.ts";
import type { ChatRequest } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn } from "../fields.ts";
import { openaiChat } from "../openai-chat/openai-chat.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { cohere } from "./cohere.ts";

// What an answer says in words that every dialect has is compared where recordings reach the clients of each front.

const options = decodeOptions();
const recordings = answers.filter(({ dir, dialect }) => dialect === "cohere-v2" && dir.startsWith("cohere/"));
const sound = recordings.filter((recording) => !isRefusal(recording));

/** What only Cohere says: the texts that are cited, and the ending in its own words. */
const readOwn = ({ body, isStream }: Recording): { readonly cited: readonly unknown[]; readonly ending: Json } => {
  const whole = isStream ? {} : (JSON.parse(body.toString()) as Json);
  const events = isStream ? (eventsOf(body.toString()) as readonly Json[]) : [];
  const deltas = events.map((event) => objectIn(event, "delta") ?? {});
  const citations = [whole, ...deltas].flatMap((part) => objectIn(part, "message")?.["citations"] ?? []);
  return {
    cited: citations.map((citation) => isObject(citation) && citation["text"]),
    ending: deltas[events.findIndex(({ type }) => type === "message-end")] ?? whole,
  };
};

describe.skipIf(!present)("recordings (skipped where they are absent)", () => {
  it("are all there", () => {
    expect(recordings.length).toBe(15);
    expect(sound.filter(({ isStream }) => isStream).length).toBe(6);
  });

  it.each(named(sound))("%s keeps what only Cohere says", (_name, recording) => {
    const { cited, ending } = readOwn(recording);
    const events = decodeAnswer(cohere, recording, options);
    const { text, choices, usage } = fold(events);
    expect(choices).toMatchObject([{ nativeFinishReason: ending["finish_reason"] }]);
    expect(choices[0]?.extras).toEqual({ cohere: { usage: ending["usage"] } });
    expect(usage?.cacheReadTokens ?? 0).toBeLessThanOrEqual(usage?.inputTokens ?? 0);
    expect(events.some((event) => event.type === "opaque" && event.name === "citation")).toBe(false);

    // Each citation covers the text it names.
    const citations = choices[0]?.citations ?? [];
    expect(citations.map(({ citedText }) => citedText)).toEqual(cited);
    for (const { start, end, citedText } of citations) expect(text.slice(start, end)).toBe(citedText);
  });

  it.each(named(sound.filter(({ isStream }) => isStream)))(
    "%s ends where its end came, and not before",
    (_name, { body, headers }) => {
      const decodeUpTo = (cut: number): unknown =>
        fold(decodeStream(cohere, headers["content-type"], body.subarray(0, cut), options));
      const whole = decodeUpTo(body.length);
      // All that the last event says is there when its line is.
      const complete = body.indexOf("\n", body.indexOf("event: message-end\ndata:") + 25);
      for (const cut of cutsIn(body).filter((at) => at < complete)) {
        expect(() => decodeUpTo(cut), `cut at ${cut}`).toThrow(/stream/);
      }
      for (let cut = complete; cut < body.length; cut++) expect(decodeUpTo(cut)).toEqual(whole);
    },
  );

  it.each(named(recordings.filter(isRefusal)))("refusal %s", (_name, { body, status }) => {
    const refusal = JSON.parse(body.toString()) as Json;
    const error = toUpstreamError(cohere.decodeError(refusal, {}), { provider: "acme", status });
    expect(error.code).toBe(status === 401 ? "upstream_auth_failed" : "upstream_model_not_found");
    expect(error.upstreamMessage).toBe(refusal["message"]);
  });

  const plainText = (content: unknown): unknown => {
    const [only, ...more]: unknown[] = Array.isArray(content) ? content : [];
    return more.length === 0 && isObject(only) && only["type"] === "text" ? only["text"] : content;
  };
  /** The same request in its plainest form: nothing said that holds anyway. */
  const plain = ({ messages, documents, stream, ...rest }: Json): Json => ({
    ...rest,
    ...(stream === true ? { stream } : {}),
    ...(Array.isArray(documents) && documents.length > 0 ? { documents } : {}),
    messages: arrayIn({ messages }, "messages")
      .filter(isObject)
      .map((message) => ({ ...message, content: plainText(message["content"]) })),
  });

  it.each(named(sound.filter(({ body }) => !body.includes('"tool_output"'))))(
    "%s is asked for as it was, by a client of another dialect",
    (_name, { request }) => {
      const { response_format: format, tool_choice: choice, documents = [], ...rest } = request?.body ?? {};
      const schema = isObject(format)
        ? { response_format: { type: "json_schema", json_schema: { name: "x", schema: format["json_schema"] } } }
        : {};
      const asked = openaiChat.decodeRequest({
        ...rest,
        ...schema,
        ...(choice === undefined ? {} : { tool_choice: String(choice).toLowerCase() }),
      });
      const files = arrayIn({ documents }, "documents")
        .filter(isObject)
        .map((each) => objectIn(each, "data") ?? {});
      const [first, ...more] = asked.messages;
      const withFiles: ChatRequest = {
        ...asked,
        messages: [
          {
            role: "user",
            ...first,
            parts: [
              ...(first?.parts ?? []),
              ...files.map(({ title, text }) => ({
                type: "file" as const,
                source: { type: "text" as const, text: String(text) },
                ...(title === undefined ? {} : { title: String(title) }),
              })),
            ],
          },
          ...more,
        ],
      };
      const target = { provider: "acme", model: String(rest["model"]), quirks: {} };
      const encoded = cohere.encodeRequest(withFiles, target);
      const expected = plain(request?.body ?? {});
      // Ids of documents and what else they hold is for the provider's own clients.
      const bare = files.map(({ title, text }) => ({ data: { ...(title === undefined ? {} : { title }), text } }));
      expect(encoded.dropped).toEqual([]);
      expect(plain(JSON.parse(String(encoded.body)) as Json)).toEqual(
        bare.length === 0 ? expected : { ...expected, documents: bare },
      );
    },
  );
});
