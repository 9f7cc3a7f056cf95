import type Anthropic from "@anthropic-ai/sdk";
import type { Recording } from "./fixtures.ts";
import { eventsOf, linesOf, messagesOf } from "./framing.ts";
import { readChunks, readCompletion, type ChatBody } from "./read-chat.ts";
import { addUpCohere, readCohere, type CohereBody, type CohereEvent } from "./read-cohere.ts";
import { addUpConverse, readConverse, type ConverseBody } from "./read-converse.ts";
import { chunksOfGemini, readGemini } from "./read-gemini.ts";
import { addUpMessage, readMessage } from "./read-messages.ts";
import { readOllama } from "./read-ollama.ts";
import { addUpResponse, readResponse, type ResponseBody, type ResponseEvent } from "./read-responses.ts";
import type { Said } from "./said.ts";

type Reader = (recording: Recording, text: string) => Said;

// The folders' own files: written by whoever recorded, in the form of their dialect.

/** How the answers of each wire format are read. Nothing here is the gateway's. */
const readers: Readonly<Record<string, Reader>> = {
  "openai-chat": ({ isStream }, text) =>
    isStream ? readChunks(eventsOf(text) as readonly ChatBody[]) : readCompletion(JSON.parse(text) as ChatBody),
  "openai-responses": ({ isStream }, text) =>
    readResponse(
      isStream ? addUpResponse(eventsOf(text) as readonly ResponseEvent[]) : (JSON.parse(text) as ResponseBody),
    ),
  "anthropic-messages": ({ isStream }, text) =>
    readMessage(
      isStream
        ? addUpMessage(eventsOf(text) as readonly Anthropic.RawMessageStreamEvent[])
        : (JSON.parse(text) as Anthropic.Message),
    ),
  gemini: (_, text) => readGemini(chunksOfGemini(text)),
  "cohere-v2": ({ isStream }, text) =>
    readCohere(isStream ? addUpCohere(eventsOf(text) as readonly CohereEvent[]) : (JSON.parse(text) as CohereBody)),
  "ollama-chat": (_, text) => readOllama(linesOf(text)),
  "bedrock-converse": ({ isStream, body }, text) =>
    readConverse(isStream ? addUpConverse(messagesOf(body)) : (JSON.parse(text) as ConverseBody)),
};

/** The wire formats in which an answer of a model can be read. */
export const answerDialects: ReadonlySet<string> = new Set(Object.keys(readers));

/** What a recorded answer says. */
export const readRecording = (recording: Recording): Said => {
  const read = readers[recording.dialect];
  if (read === undefined) throw new Error(`Nobody reads ${recording.dialect}.`);
  return read(recording, recording.body.toString());
};
