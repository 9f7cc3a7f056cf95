import type { Recording } from "./recording.ts";
import { addUpEvents, eventsIn, readMessage } from "./read-messages.ts";
import { chunksIn, readChunks, readCompletion } from "./read-chat.ts";
import { answersIn, readAnswer } from "./read-gemini.ts";
import type { Ending, Said, SaidChoice } from "./said.ts";

/** A dialect that clients speak to the gateway. */
export type Front = "chat" | "messages";

export const frontOf: Readonly<Record<Recording["provider"], Front | undefined>> = {
  openai: "chat",
  anthropic: "messages",
  gemini: undefined,
};

/** What a recorded answer says, read without the gateway. */
const readRecording = ({ provider, isStream, body }: Recording): Said => {
  const text = body.toString();
  switch (provider) {
    case "openai":
      return isStream ? readChunks(chunksIn(text)) : readCompletion(JSON.parse(text));
    case "anthropic":
      return readMessage(isStream ? addUpEvents(eventsIn(text)) : JSON.parse(text));
    case "gemini":
      return readAnswer(answersIn(text));
  }
};

const endings: Readonly<Record<string, Ending>> = {
  stop: "stop",
  length: "length",
  tool_calls: "tool_calls",
  content_filter: "content_filter",
  end_turn: "stop",
  stop_sequence: "stop",
  pause_turn: "stop",
  max_tokens: "length",
  tool_use: "tool_calls",
  refusal: "content_filter",
  STOP: "stop",
  MAX_TOKENS: "length",
  // The same as a number of the enum, as some servers write it.
  2: "length",
  SAFETY: "content_filter",
  OTHER: "error",
  UNEXPECTED_TOOL_CALL: "error",
};

const endingOf = ({ finish, calls, text }: SaidChoice): Ending => {
  const ending = endings[finish ?? ""];
  if (ending === undefined) throw new Error(`Nobody knows the finish reason ${finish}.`);
  if (ending === "stop" && calls.length > 0) return "tool_calls";
  return ending === "error" && text !== "" && calls.length === 0 ? "stop" : ending;
};

const stopReasons: Readonly<Record<Ending, string>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
  // There is none: such an answer is an error.
  error: "",
};

/** What a client is to be told when the answer was given in another dialect than its own. */
const translated = (said: Said, front: Front): Said => {
  if (front === "chat") {
    return { ...said, choices: said.choices.map((choice) => ({ ...choice, finish: endingOf(choice) })) };
  }
  // A message has one choice and always a usage; it says refusals in its text.
  const choices = said.choices.slice(0, 1).map((choice) => ({
    ...choice,
    text: choice.text + choice.refusal,
    refusal: "",
    finish: choice.refusal === "" ? stopReasons[endingOf(choice)] : "refusal",
  }));
  return { ...said, choices, usage: said.usage ?? { input: 0, output: 0 } };
};

/** What the client of a front is to be told of a recording. */
export const expectedAt = (front: Front, recording: Recording): Said => {
  const said = readRecording(recording);
  return frontOf[recording.provider] === front ? said : translated(said, front);
};
