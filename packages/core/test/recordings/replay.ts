import { exceptionAt, type Exception } from "./exceptions.ts";
import type { Recording } from "./fixtures.ts";
import type { Asked, Front, Thrown } from "./fronts/front.ts";
import type { House } from "./house.ts";
import { readRecording } from "./read-recording.ts";
import { mayRetry, refusalOf, waitOf } from "./refusals.ts";
import type { Said } from "./said.ts";

/** What a client was told, beside what it is to be told. */
export interface Replayed {
  readonly told: unknown;
  readonly expected: unknown;
}

type Ask = ReturnType<Front["connect"]>;

const read = new WeakMap<Recording, Said>();

/** What a recording says; read once, however many clients are told. */
const saidIn = (recording: Recording): Said => {
  const known = read.get(recording) ?? readRecording(recording);
  read.set(recording, known);
  return known;
};

/** How a front is asked for a recording: with the recorded request where it is in the front's dialect. */
const askingFor = (
  { dialect }: Front,
  recording: Recording,
  model: string,
  isStream: boolean,
  exception: Exception | undefined,
): Asked => {
  const { request } = recording;
  const isUsed = request?.dialect === dialect && exception?.smallRequest !== true;
  return { model, isStream, body: isUsed ? request.body : undefined, customTools: customToolsOf(recording) };
};

/** Only what was offered can be called. */
const customToolsOf = (recording: Recording): readonly string[] =>
  recording.status === 200 && recording.body.includes("custom_tool_call")
    ? saidIn(recording).choices.flatMap(({ calls }) => calls.flatMap((call) => (call.isCustom ? [call.name] : [])))
    : [];

const compareSaid = (front: Front, recording: Recording, { model, isStream }: Asked, told: Said): Replayed => {
  const isOwn = front.dialect === recording.dialect;
  const expected = filled(front.tell(saidIn(recording), { isOwn, isStream }), told, model, isOwn);
  const { reasoningSeparator: separator } = front;
  return { told: joined(told, separator), expected: joined(expected, separator) };
};

/** What the provider left unsaid is the gateway's to fill in, and must be but for clients of the same dialect. */
const filled = (expected: Said, told: Said, model: string, isOwn: boolean): Said => ({
  id: expected.id ?? given(told.id),
  model: expected.model ?? model,
  choices: expected.choices.map((choice, index) => ({
    ...choice,
    calls: choice.calls.map((call, place) => {
      const id = told.choices[index]?.calls[place]?.id;
      return { ...call, id: call.id ?? (isOwn ? id : given(id)) };
    }),
  })),
  usage: expected.usage,
});

const given = (id = ""): string => (/^\S+$/.test(id) ? id : "an id that the gateway makes");

/** How a front joins the texts of several blocks. */
const joined = (said: Said, separator: string): unknown => ({
  ...said,
  choices: said.choices.map((choice) => ({ ...choice, reasoning: choice.reasoning.join(separator) })),
});

/** What an SDK throws. */
const thrownBy = async (front: Front, answer: Promise<unknown>): Promise<Thrown> => {
  try {
    await answer;
  } catch (error) {
    const thrown = front.readThrown(error);
    if (thrown === undefined) throw error;
    return thrown;
  }
  throw new Error("Nothing was thrown.");
};

/** Asks a client for a recorded answer, as a stream or not. */
export const replayAnswer = async (
  front: Front,
  ask: Ask,
  house: House,
  recording: Recording,
  isStream: boolean,
): Promise<Replayed> => {
  const exception = exceptionAt(front.name, isStream, recording);
  const asked = askingFor(front, recording, house.play(recording), isStream, exception);
  const failure = exception?.failure;
  if (failure === undefined) return compareSaid(front, recording, asked, await ask(asked));
  const { told } = await thrownBy(front, ask(asked));
  return { told, expected: front.tellFailure(failure, isStream && failure.late === true) };
};

/** Asks a client for what a provider refused, in the form in which it was asked. */
export const replayRefusal = async (front: Front, ask: Ask, house: House, recording: Recording): Promise<Replayed> => {
  const { isStream } = recording;
  const exception = exceptionAt(front.name, isStream, recording);
  const refusal = refusalOf(recording);
  const asked = askingFor(front, recording, house.play(recording), isStream, exception);
  const { told, headers } = await thrownBy(front, ask(asked));
  const expected = front.tellFailure(refusal, false);
  if (headers === undefined) return { told, expected };
  return {
    told: { ...told, mayRetry: headers.get("x-should-retry"), waitMs: headers.get("retry-after-ms") },
    expected: { ...expected, mayRetry: String(mayRetry(refusal)), waitMs: waitOf(recording) },
  };
};
