import { describe, expect, it } from "vitest";
import type { StreamFrame } from "../../transport/frame.ts";
import { cutsIn } from "../../../test/cuts.ts";
import { answers, isRefusal, named, soundAnswers } from "../../../test/recordings/answers.ts";
import { decodeAnswer, decodeOptions, decodeStream, fold } from "../../../test/recordings/decode.ts";
import { allRecordings, present, type Json, type Recording } from "../../../test/recordings/fixtures.ts";
import { messagesOf } from "../../../test/recordings/framing.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { textOf } from "../../chat/message.ts";
import { createAwsEventStreamParser } from "../../transport/aws-event-stream.ts";
import { arrayIn, isObject, objectIn } from "../fields.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { bedrockConverse } from "./bedrock-converse.ts";

// What an answer says in words that every dialect has is compared where recordings reach the clients of each front.

const sound = soundAnswers("bedrock-converse");

const decode = (recording: Recording): readonly ChatEvent[] =>
  decodeAnswer(bedrockConverse, recording, decodeOptions(recording.model));

/** Where messages of a stream end, and inside them their lengths, their headers and their payloads. */
const partEnds = (bytes: Buffer): readonly number[] => {
  const ends: number[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    const next = at + bytes.readUInt32BE(at);
    ends.push(at + 12, at + 12 + bytes.readUInt32BE(at + 4), next - 4, next);
  }
  return ends;
};

/** What only some dialects say: signatures, citations, and why the answer ended in Bedrock's own word. */
interface Own {
  readonly signatures: readonly unknown[];
  readonly citations: number;
  readonly stopReason: unknown;
}

const readWhole = (body: Json): Own => {
  const message = objectIn(objectIn(body, "output") ?? {}, "message") ?? {};
  const blocks = arrayIn(message, "content").filter(isObject);
  return {
    signatures: blocks.flatMap(
      (block) => objectIn(objectIn(block, "reasoningContent") ?? {}, "reasoningText")?.["signature"] ?? [],
    ),
    citations: blocks.flatMap((block) => arrayIn(objectIn(block, "citationsContent") ?? {}, "citations")).length,
    stopReason: body["stopReason"],
  };
};

const readStream = (messages: readonly (readonly [type: string, payload: Json])[]): Own => {
  const deltas = messages.map(([, payload]) => objectIn(payload, "delta") ?? {});
  return {
    signatures: deltas.flatMap((delta) => objectIn(delta, "reasoningContent")?.["signature"] ?? []),
    citations: deltas.filter(({ citation }) => citation !== undefined).length,
    stopReason: messages.find(([type]) => type === "messageStop")?.[1]["stopReason"],
  };
};

const readOwn = ({ body, isStream }: Recording): Own =>
  isStream ? readStream(messagesOf(body)) : readWhole(JSON.parse(body.toString()) as Json);

describe.skipIf(!present)("recorded answers (skipped where the recordings are absent)", () => {
  it("are there in numbers", () => {
    expect(sound.filter(({ isStream }) => isStream).length).toBe(10);
    expect(sound.filter(({ isStream }) => !isStream).length).toBeGreaterThan(10);
  });

  it.each(named(sound))("%s", (_name, recording) => {
    const expected = readOwn(recording);
    const events = decode(recording);
    const [choice, ...more] = fold(events).choices;

    expect(more).toEqual([]);
    expect(choice?.parts.flatMap((part) => ("signature" in part ? [part.signature] : []))).toEqual(
      expected.signatures.map((value) => ({ format: "anthropic-claude-v1", value })),
    );
    expect(events.filter(({ type }) => type === "citation")).toHaveLength(expected.citations);
    expect(choice?.nativeFinishReason).toBe(expected.stopReason);
    expect(events[0]?.type).toBe("reply-start");
    expect(events.at(-1)?.type).toBe("reply-end");
  });

  it.each(named(sound.filter(({ isStream }) => isStream)))(
    "%s is no success where it is cut",
    (_name, { body, headers }) => {
      for (const cut of cutsIn(body, partEnds(body))) {
        const part = body.subarray(0, cut);
        expect(
          () => decodeStream(bedrockConverse, headers["content-type"], part, decodeOptions()),
          `cut at ${cut}`,
        ).toThrow(expect.objectContaining({ code: "upstream_stream_truncated" }));
      }
    },
  );

  it("keeps the guardrail's trace for whoever understands it", () => {
    const blocked = sound.filter(({ dir }) => dir.includes("safety-block"));
    expect(blocked.length).toBeGreaterThan(0);
    for (const recording of blocked) {
      const metadata = decode(recording).find((event) => event.type === "opaque" && event.name === "metadata");
      expect(metadata).toMatchObject({ value: { trace: { guardrail: {} } } });
    }
  });

  it("cites the text that a block holds", () => {
    const cited = sound.filter(({ dir }) => dir.includes("citations"));
    expect(cited.length).toBeGreaterThan(2);
    for (const recording of cited) {
      const events = decode(recording);
      const text = textOf(fold(events).choices[0]?.parts ?? []);
      const spans = events.flatMap((event) =>
        event.type === "citation" ? [text.slice(event.citation.start ?? 0, event.citation.end ?? 0)] : [],
      );
      expect(spans.every((span) => span.trim() !== "")).toBe(true);
    }
  });
});

describe.skipIf(!present)("recorded errors (skipped where the recordings are absent)", () => {
  const codes: Readonly<Record<string, string>> = {
    "converse-error-400-chat-real-error-scenarios-bedrock-amazon-nova-2-lite-v1-0-handle": "context_length_exceeded",
    "converse-error-400-model-ids-bare-profile-only-model-id-is-rejected": "upstream_model_not_found",
    "converse-error-403-chat-error-handling-with-bedrock-amazon-nova-2-lite-v1-0-raises": "upstream_auth_failed",
    "converse-error-403-converse-error": "upstream_auth_failed",
    "converse-error-404-model-ids-retired-model-id-preserves-provider-error": "upstream_model_not_found",
    "converse-stream-error-400-converse-stream-with-invalid-model": "upstream_model_not_found",
    "model-error-424": "upstream_error",
    "model-timeout-408": "upstream_timeout",
    "service-unavailable-503": "upstream_overloaded",
    "throttling-429": "upstream_rate_limited",
  };
  const errors = answers.filter((recording) => recording.dialect === "bedrock-converse" && isRefusal(recording));

  it.each(named(errors))("%s", (dir, { status, headers, body }) => {
    const refusal = JSON.parse(body.toString()) as Json;
    const details = bedrockConverse.decodeError(refusal, headers);
    expect(details.message).toBe(refusal["message"]);
    expect(details.type).toMatch(/^[A-Za-z]+Exception$/);
    const error = toUpstreamError(details, { provider: "bedrock", status, headers });
    expect(error.code).toBe(codes[dir.slice(dir.lastIndexOf("/") + 1)]);
  });

  it.each([
    ["stream-bad-crc", "upstream_stream_invalid"],
    ["stream-cut-mid-frame", "upstream_stream_truncated"],
    ["stream-error-frame", "upstream_error"],
    ["stream-model-error-exception", "upstream_error"],
    ["stream-throttling-exception", "upstream_rate_limited"],
  ])("tells the text before a failure, and then the failure: %s", (name, code) => {
    const { body } = allRecordings.find(({ dir }) => dir === `constructed/bedrock/${name}`) as Recording;
    const decoder = bedrockConverse.createDecoder(decodeOptions());
    const parser = createAwsEventStreamParser();
    let text = "";
    const run = (): void => {
      const take = (frame: StreamFrame): void => {
        for (const event of decoder.decode(frame)) if (event.type === "text-delta") text += event.text;
      };
      parser.push(body, { take });
      parser.end({ take });
      decoder.end();
    };
    expect(run).toThrow(expect.objectContaining({ code }));
    expect(text).toBe("Hel");
  });
});
