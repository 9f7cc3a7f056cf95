import { type Message, type Part, textOf, type ToolResultPart } from "../../chat/message.ts";
import type { ChatRequest } from "../../chat/request.ts";
import { GatewayError } from "../../errors.ts";
import type { Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { nameForeignFields } from "../foreign-fields.ts";
import type { Losses } from "../losses.ts";
import { type Complete, encodeAssistant, withSkipSignature } from "./assistant-turn.ts";
import { encodeResult } from "./function-response.ts";
import { dialectId } from "./identity.ts";
import { encodeMedia } from "./media.ts";
import { mergeObjects } from "./merge-objects.ts";
import type { ModelTraits } from "./model-traits.ts";

/** `systemInstruction` and `contents` of a request. */
export interface EncodedMessages {
  readonly systemInstruction?: Json;
  readonly contents: readonly Json[];
}

interface Turn {
  readonly role: "user" | "model";
  readonly parts: Json[];
  /** Results by the position of the call they answer; they open the turn, in call order. */
  readonly results: { readonly position: number; readonly parts: readonly Json[] }[];
}

interface Call {
  readonly name: string;
  readonly position: number;
}

const isSystem = ({ role }: Message): boolean => role === "system" || role === "developer";

/** The least a turn may hold: some models refuse a turn without text. */
const blank: Json = { text: " " };

/**
 * Messages as strictly alternating turns that begin with the user. System messages at the head become the system
 * instruction; later ones stay in place, as marked user text.
 */
export const encodeMessages = (
  { dialect, messages }: ChatRequest,
  traits: ModelTraits,
  losses: Losses,
): EncodedMessages => {
  // What is left of a part in another dialect says nothing in this one.
  const complete: Complete = dialect === dialectId ? withExtras : (_part, encoded) => encoded;
  const firstTurn = messages.findIndex((message) => !isSystem(message));
  const head = firstTurn === -1 ? messages : messages.slice(0, firstTurn);
  const turns: Turn[] = [];
  // Ids may come again in a later turn: a result answers the last call of its id, and positions only ever grow.
  const calls = new Map<string, Call>();
  let position = 0;
  const turnOf = (role: Turn["role"]): Turn => {
    const last = turns.at(-1);
    if (last?.role === role) return last;
    const turn: Turn = { role, parts: [], results: [] };
    turns.push(turn);
    return turn;
  };
  const addResult = (result: ToolResultPart): void => {
    const call = calls.get(result.toolCallId);
    const { part, attached } = encodeResult(result, nameOf(result, call), traits, losses);
    turnOf("user").results.push({
      position: call?.position ?? Infinity,
      parts: [...complete(result, [part]), ...attached],
    });
  };

  for (const message of messages.slice(head.length)) {
    if (dialect !== dialectId) nameForeignFields(message, losses);
    if (isSystem(message)) {
      const text = systemParts(message, losses)
        .map((part) => part["text"])
        .join("\n");
      if (text !== "") turnOf("user").parts.push({ text: `<system>\n${text}\n</system>` });
    } else if (message.role === "assistant") {
      for (const part of message.parts) {
        if (part.type === "tool-call") calls.set(part.id, { name: part.name, position: position++ });
      }
      const parts = encodeAssistant(message, traits, losses, complete);
      if (parts.length > 0) turnOf("model").parts.push(...parts);
    } else {
      for (const part of message.parts) {
        if (part.type === "tool-result") addResult(part);
        else turnOf("user").parts.push(...complete(part, encodeUserPart(part, traits, losses)));
      }
    }
  }

  const system = head.flatMap((message) => systemParts(message, losses));
  const contents = turns.map((turn) => encodeTurn(turn, traits));
  if (turns[0]?.role !== "user") contents.unshift({ role: "user", parts: [blank] });
  return { ...(system.length === 0 ? {} : { systemInstruction: { parts: system } }), contents };
};

/** Lays what was written for a part over what is left of it from the client's own Gemini request. */
const withExtras: Complete = ({ extras }, encoded) => {
  const last = encoded.at(-1);
  return extras === undefined || last === undefined ? encoded : [...encoded.slice(0, -1), mergeObjects(extras, last)];
};

const systemParts = ({ parts }: Message, losses: Losses): readonly Json[] => {
  const texts: Json[] = [];
  for (const part of parts) {
    if (part.type !== "text") losses.meaning("messages", "its system instruction takes text only");
    else if (part.text !== "") texts.push({ text: part.text });
  }
  return texts;
};

const encodeUserPart = (part: Part, traits: ModelTraits, losses: Losses): readonly Json[] => {
  switch (part.type) {
    case "image":
    case "audio":
    case "file":
      return encodeMedia(part, traits, losses);
    case "opaque":
      return part.dialect === dialectId && isObject(part.value) ? [part.value] : [];
    default: {
      const text = textOf([part]);
      return text === "" ? [] : [{ text }];
    }
  }
};

/** A result names the function it answers; the client only has to give the call's id. */
const nameOf = ({ toolCallId, name }: ToolResultPart, call: Call | undefined): string => {
  const known = call?.name ?? name;
  if (known !== undefined) return known;
  throw new GatewayError("invalid_value", `There is no tool call ${JSON.stringify(toolCallId)} before its result.`, {
    param: "messages",
  });
};

const encodeTurn = ({ role, parts, results }: Turn, traits: ModelTraits): Json => {
  if (role === "model") return { role, parts: traits.signedCalls ? withSkipSignature(parts) : parts };
  const answered = results.toSorted((a, b) => a.position - b.position).flatMap((result) => result.parts);
  const all = [...answered, ...parts];
  const onlyMedia = results.length === 0 && all.every((part) => part["text"] === undefined);
  return { role, parts: onlyMedia ? [...all, blank] : all };
};
