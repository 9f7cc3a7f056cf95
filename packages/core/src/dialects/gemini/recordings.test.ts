import { describe, expect, it } from "vitest";
import { named, soundAnswers } from "../../../test/recordings/answers.ts";
import { decodeAnswer, decodeOptions, decodeStream, fold } from "../../../test/recordings/decode.ts";
import { present, type Recording } from "../../../test/recordings/fixtures.ts";
import { chunksOfGemini } from "../../../test/recordings/read-gemini.ts";
import type { CollectedReply } from "../../chat/collect.ts";
import type { Part } from "../../chat/message.ts";
import type { EncodeOptions, Json } from "../dialect.ts";
import { gemini } from "./gemini.ts";

// What an answer says in words that every dialect has is compared where recordings reach the clients of each front.

const options = decodeOptions();
const encodeOptions: EncodeOptions = {
  requestId: "r1",
  created: 0,
  request: { ...options.request, dialect: gemini.id },
};
const sound = soundAnswers(gemini.id);

const decode = (recording: Recording): CollectedReply => fold(decodeAnswer(gemini, recording, options));

/** The parts of an answer, as they were written. */
const partsIn = (body: string): readonly Json[] =>
  chunksOfGemini(body)
    .flatMap(({ candidates = [] }) => candidates)
    .flatMap(({ content }) => (content?.parts ?? []) as readonly Json[]);

const isKnown = (part: Json): boolean => "text" in part || "functionCall" in part;

/** Code that the model ran, images it made. */
const othersIn = (parts: readonly Json[]): readonly Json[] =>
  parts.filter((part) => !isKnown(part) && Object.keys(part).some((key) => !key.startsWith("thought")));

const signaturesIn = (parts: readonly Json[]): readonly unknown[] =>
  parts.filter(isKnown).flatMap(({ thoughtSignature }) => thoughtSignature ?? []);

const kept = ({ choices }: CollectedReply, pick: (part: Part) => readonly unknown[]): unknown[] =>
  choices.flatMap(({ parts }) => parts.flatMap(pick));

describe.skipIf(!present)("recorded answers (skipped where the recordings are absent)", () => {
  it("are there in numbers", () => {
    expect(sound.filter(({ isStream }) => isStream).length).toBeGreaterThan(20);
    expect(sound.filter(({ isStream }) => !isStream).length).toBeGreaterThan(20);
  });

  it.each(named(sound))("%s keeps what only Gemini has, and is written with it again", (_name, recording) => {
    const parts = partsIn(recording.body.toString());
    const others = othersIn(parts);
    const reply = decode(recording);
    expect(kept(reply, (part) => (part.type === "opaque" ? [part.value] : []))).toEqual(others);
    expect(kept(reply, (part) => ("signature" in part ? [part.signature?.value] : []))).toEqual(signaturesIn(parts));
    expect(othersIn(partsIn(gemini.encodeReply(reply, encodeOptions)))).toEqual(others);
  });

  it.each(named(sound.filter(({ body }) => body.includes("functionCall"))))(
    "%s has an id for each of its calls",
    (_name, recording) => {
      const ids = kept(decode(recording), (part) => (part.type === "tool-call" ? [part.id] : []));
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).not.toContain("");
    },
  );

  it.each(named(sound.filter(({ body }) => body.includes("groundingSupports"))))(
    "%s cites the text that the segment names",
    (_name, recording) => {
      const { text, choices } = decode(recording);
      const citations = choices[0]?.citations ?? [];
      expect(citations.length).toBeGreaterThan(0);
      for (const { start, end, citedText } of citations) expect(text.slice(start, end)).toBe(citedText);
    },
  );

  it("never takes a cut stream for a whole one before its finish reason has come", () => {
    const { body, headers } = sound.find(({ dir }) => dir.includes("generate-stream-tool-parallel")) as Recording;
    const complete = body.indexOf("\n\n") === -1 ? body.indexOf("\r\n\r\n") : body.indexOf("\n\n");
    expect(complete).toBeGreaterThan(100);
    for (let cut = 0; cut < complete; cut++) {
      const part = body.subarray(0, cut);
      expect(() => decodeStream(gemini, headers["content-type"], part, options), `cut at ${cut}`).toThrow(/stream/);
    }
  });
});
