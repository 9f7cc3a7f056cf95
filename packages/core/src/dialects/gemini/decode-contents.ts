import type { Message, Part } from "../../chat/message.ts";
import { invalidValue, isObject, present, readArray, readObject, required, restOf } from "../fields.ts";
import { createCallIds } from "./call-ids.ts";
import { decodeParts, type Speaker } from "./decode-parts.ts";
import { camelKeys, listOf } from "./keys.ts";

const contentFields: ReadonlySet<string> = new Set(["role", "parts"]);

/** `systemInstruction` as the message at the head; whatever role it says is ignored. */
export const decodeSystem = (value: unknown): readonly Message[] => {
  const content = readObject(value, "systemInstruction");
  if (content === undefined) return [];
  const parts = decodeParts(content["parts"], "systemInstruction.parts", "user", createCallIds());
  return parts.length === 0 ? [] : [{ role: "system", parts }];
};

interface Turn {
  readonly speaker: Speaker;
  readonly parts: Part[];
  extras: Message["extras"];
}

/** `contents` as messages. Clients that keep a stream's chunks send one turn of the model as many contents: it is one. */
export const decodeContents = (value: unknown): readonly Message[] => {
  const contents = required(readArray(listOf(value), "contents"), "contents", "an array of contents");
  if (contents.length === 0) throw invalidValue("contents", "an array of at least one content", contents);
  const ids = createCallIds();
  const turns: Turn[] = [];
  for (const [index, written] of contents.entries()) {
    const param = `contents[${index}]`;
    if (!isObject(written)) throw invalidValue(param, "a content", written);
    const content = camelKeys(written);
    const speaker = speakerOf(content["role"], param);
    let turn = turns.at(-1);
    if (turn === undefined || speaker === "user" || turn.speaker === "user") {
      if (speaker === "model") ids.beginTurn();
      turn = { speaker, parts: [], extras: undefined };
      turns.push(turn);
    }
    decodeParts(content["parts"], `${param}.parts`, speaker, ids, turn.parts);
    const extras = restOf(content, contentFields);
    if (extras !== undefined) turn.extras = { ...turn.extras, ...extras };
  }
  return turns.flatMap(toMessages);
};

const speakerOf = (role: unknown = "user", param: string): Speaker => {
  if (role === "model") return role;
  // `function` is what older clients call the turn of the results.
  if (role === "user" || role === "function" || role === null || role === "") return "user";
  throw invalidValue(`${param}.role`, '"user" or "model"', role);
};

const toMessages = ({ speaker, parts, extras }: Turn): readonly Message[] => {
  if (speaker === "model") return [present({ role: "assistant" as const, parts, extras })];
  // Results stand in a message of their own, before what the user says to them.
  const results = parts.filter(({ type }) => type === "tool-result");
  const others = parts.filter(({ type }) => type !== "tool-result");
  const user: Message = present({ role: "user" as const, parts: others, extras });
  if (results.length === 0) return [user];
  const tool: Message = { role: "tool", parts: results };
  return others.length === 0 ? [tool] : [tool, user];
};
