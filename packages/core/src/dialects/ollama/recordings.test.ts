import { describe, expect, it } from "vitest";
import { push } from "../../../test/frames.ts";
import { cutsIn } from "../../../test/cuts.ts";
import { answers, isBroken, isRefusal, named, soundAnswers } from "../../../test/recordings/answers.ts";
import { decodeAnswer, decodeOptions, decodeStream, fold } from "../../../test/recordings/decode.ts";
import { allRecordings, present, type Recording } from "../../../test/recordings/fixtures.ts";
import { linesOf } from "../../../test/recordings/framing.ts";
import type { ChatEvent } from "../../chat/event.ts";
import { createNdjsonParser } from "../../transport/ndjson.ts";
import { toUpstreamError } from "../upstream-error.ts";
import { ollama } from "./ollama.ts";

// What an answer says in words that every dialect has is compared where recordings reach the clients of each front.

const options = decodeOptions();
const sound = soundAnswers("ollama-chat");
const streams = sound.filter(({ isStream }) => isStream);

const decode = ({ headers, body }: Recording, size?: number): readonly ChatEvent[] =>
  decodeStream(ollama, headers["content-type"], body, options, size);

describe.skipIf(!present)("recorded answers (skipped where the recordings are absent)", () => {
  it("are all there", () => {
    expect(streams).toHaveLength(5);
    expect(sound).toHaveLength(9);
  });

  it.each(named(sound))("%s", (_name, recording) => {
    const last = linesOf(recording.body.toString()).at(-1) ?? {};
    const events = decodeAnswer(ollama, recording, options);
    const { choices, model } = fold(events);
    const starts = events.flatMap((event) => (event.type === "tool-call-start" ? [event.index] : []));
    expect(model).toBe(last["model"]);
    expect(starts).toEqual([...starts.keys()]);
    expect(choices).toMatchObject([
      { nativeFinishReason: last["done_reason"], extras: { total_duration: last["total_duration"] } },
    ]);
  });

  it("are the same however the stream is cut into chunks", () => {
    for (const recording of streams) {
      const whole = decode(recording);
      for (const size of [1, 7, 64]) expect(decode(recording, size)).toEqual(whole);
    }
  });

  it.each(named(streams))("%s is never taken for complete where it is cut (Q107)", (_name, recording) => {
    const last = recording.body.lastIndexOf("}");
    for (const cut of cutsIn(recording.body).filter((at) => at <= last)) {
      expect(() => decode({ ...recording, body: recording.body.subarray(0, cut) }), `cut at ${cut}`).toThrow(
        expect.objectContaining({ code: "upstream_stream_truncated" }) as Error,
      );
    }
  });

  it("of another dialect are no answers", () => {
    const foreign = answers.filter(
      (recording) =>
        recording.dialect === "ollama-chat" &&
        !recording.isStream &&
        !isRefusal(recording) &&
        isBroken({ ...recording, isStream: true }),
    );
    expect(foreign).toHaveLength(1);
    for (const recording of foreign) {
      expect(() => decodeAnswer(ollama, recording, options)).toThrow(
        expect.objectContaining({ code: "upstream_invalid_response" }) as Error,
      );
    }
  });
});

describe.skipIf(!present)("recorded errors (skipped where the recordings are absent)", () => {
  it.each([
    ["ollama/api-chat-error-404-chat-error-records-model-name", 404, "upstream_model_not_found"],
    [
      "ollama/chat-error-400-chat-real-error-scenarios-ollama-cloud-gpt-oss-120b-handles-cont",
      400,
      "context_length_exceeded",
    ],
    ["constructed/ollama/internal-500", 500, "upstream_error"],
  ])("%s", (name, status, code) => {
    const recording = allRecordings.find(({ dir }) => dir === name);
    expect(recording?.status).toBe(status);
    const refusal: unknown = JSON.parse(String(recording?.body));
    expect(toUpstreamError(ollama.decodeError(refusal, {}), { provider: "acme", status }).code).toBe(code);
  });

  it("inside a stream come after what was said before", () => {
    const recording = allRecordings.find(({ dir }) => dir === "constructed/ollama/stream-error-line");
    const decoder = ollama.createDecoder(options);
    const [first, second, ...more] = push(createNdjsonParser(), recording?.body ?? "");
    if (first === undefined || second === undefined) throw new TypeError("The recording has two lines.");
    expect(more).toEqual([]);
    expect(decoder.decode(first)).toContainEqual(
      expect.objectContaining({ type: "text-delta", choice: 0, text: "Hel" }) as ChatEvent,
    );
    expect(() => decoder.decode(second)).toThrow(
      expect.objectContaining({
        code: "upstream_error",
        upstreamMessage: "an error was encountered while running the model",
      }) as Error,
    );
  });
});
