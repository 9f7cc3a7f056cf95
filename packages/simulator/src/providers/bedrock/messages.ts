import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Block, Turn } from "../../model/prompt.ts";
import type { Signer } from "../../model/signature.ts";
import { refuse } from "../../problem.ts";
import { keepForOf, readBlock } from "./blocks.ts";

/** What the messages of a request come to. */
interface ReadMessages {
  readonly turns: readonly Turn[];
  readonly blocks: readonly Block[];
  /** Calls or results stand in them, so that tools have to be offered. */
  readonly mentionsTools: boolean;
}

/** A marker covers the block before it. */
export const withMarkers = (blocks: readonly Block[]): readonly Block[] =>
  blocks.reduce<readonly Block[]>((before, block) => {
    const last = before.at(-1);
    if (block.keepFor === undefined || last === undefined) return [...before, block];
    return [...before.slice(0, -1), { ...last, keepFor: block.keepFor }];
  }, []);

const membersOf = (content: readonly unknown[], kind: string): readonly JsonRecord[] =>
  content.flatMap((block) => (isRecord(block) && isRecord(block[kind]) ? [block[kind]] : []));

const idsOf = (content: readonly unknown[], kind: string): readonly string[] =>
  membersOf(content, kind).map((member) => String(member["toolUseId"]));

/** Every call is answered in the next message, and nothing is answered that was not called. */
const checkResults = (before: readonly unknown[], content: readonly unknown[], at: string): void => {
  const asked = membersOf(before, "toolUse").filter((call) => call["type"] !== "server_tool_use");
  const ids = asked.map((call) => String(call["toolUseId"]));
  const answered = idsOf(content, "toolResult");
  const open = ids.filter((id) => !answered.includes(id));
  if (open.length > 0) refuse(`Expected toolResult blocks at ${at}.content for the following Ids: ${open.join(", ")}`);
  const stray = answered.find((id) => !ids.includes(id));
  if (stray !== undefined) {
    refuse(
      `The toolResult block at ${at}.content has the Id ${stray}, which no toolUse block of the previous turn has.`,
    );
  }
};

/**
 * Reads and checks the messages: that roles alternate, that blocks are right, that every call is answered at once.
 *
 * @throws Refusal at the first message that breaks a rule of the API.
 */
export const readMessages = (messages: unknown, signer: Signer): ReadMessages => {
  if (!Array.isArray(messages) || messages.length === 0) return refuse("The value at messages must not be empty.");
  const turns: Turn[] = [];
  const blocks: Block[] = [];
  let before: readonly unknown[] = [];
  for (const [index, message] of messages.entries()) {
    const at = `messages.${index}`;
    const role = isRecord(message) ? message["role"] : undefined;
    if (!isRecord(message) || (role !== "user" && role !== "assistant")) {
      return refuse(`The value at ${at}.role must be user or assistant.`);
    }
    if ((index % 2 === 0) !== (role === "user")) {
      return refuse(
        index === 0
          ? "A conversation must start with a user message."
          : `A conversation must alternate between user and assistant roles: ${at}.`,
      );
    }
    const content = asArray(message["content"]);
    if (content.length === 0) return refuse(`The content field in the Message object at ${at} is empty.`);
    const read = content.map((block, place) => readBlock(block, role, signer, `${at}.content.${place}`));
    checkResults(before, content, at);
    const names = new Map(membersOf(before, "toolUse").map((call) => [call["toolUseId"], String(call["name"])]));
    const isText = (place: number): boolean => isRecord(content[place]) && Object.hasOwn(content[place], "text");
    const results = content.flatMap((block, place) => {
      const result = isRecord(block) ? block["toolResult"] : undefined;
      const tool = isRecord(result) ? names.get(result["toolUseId"]) : undefined;
      return tool === undefined ? [] : [{ tool, text: read[place]?.text ?? "" }];
    });
    turns.push({
      role,
      text: read
        .filter((_, place) => isText(place))
        .map(({ text }) => text)
        .join("\n"),
      attachments: read.reduce((sum, { attachments }) => sum + attachments, 0),
      results,
    });
    for (const [place, block] of content.entries()) {
      const keepFor = keepForOf(block);
      blocks.push({ ...(read[place] ?? { text: "" }), ...(keepFor === undefined ? {} : { keepFor }) });
    }
    before = content;
  }
  if (idsOf(before, "toolUse").length > 0) refuse("A conversation must end with the results of its tool calls.");
  const all = messages.flatMap((message: unknown) => asArray(isRecord(message) ? message["content"] : undefined));
  return {
    turns,
    blocks,
    mentionsTools: membersOf(all, "toolUse").length + membersOf(all, "toolResult").length > 0,
  };
};
