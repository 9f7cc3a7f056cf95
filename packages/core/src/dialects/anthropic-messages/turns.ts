import type { Message } from "../../chat/message.ts";
import { textOf } from "../../chat/message.ts";
import { GatewayError } from "../../errors.ts";
import { stringIn } from "../fields.ts";
import { encodeContent, type Block, type ContentOptions } from "./encode-content.ts";

/** One entry of `messages`. Tool results are kept apart until the end: they must come first in their turn. */
interface Turn {
  readonly role: "user" | "assistant" | "system";
  readonly results: Map<unknown, Block>;
  readonly content: Block[];
  extras: Message["extras"];
}

export interface Conversation {
  readonly system: Block[];
  readonly messages: { readonly role: string; readonly content: Block[] }[];
}

export interface TurnOptions extends ContentOptions {
  /** The model takes system messages in the middle of a conversation. */
  readonly midSystem: boolean;
}

// Stands before a conversation that begins with the assistant, which Anthropic refuses.
const placeholder = "(The conversation continues.)";

const isSystem = ({ role }: Message): boolean => role === "system" || role === "developer";

/**
 * Messages as Anthropic wants them: leading system messages apart, turns of one role merged by joining their blocks,
 * all results of a turn's tool calls first in the user turn after it.
 *
 * @throws GatewayError `invalid_value` for a conversation without any turn, or whose calls and results do not match.
 */
export const toConversation = (messages: readonly Message[], options: TurnOptions): Conversation => {
  const firstTurn = messages.findIndex((message) => !isSystem(message));
  const leading = firstTurn === -1 ? messages : messages.slice(0, firstTurn);
  const system = leading.flatMap(({ parts }) => encodeContent(parts, "system", options));
  const turns: Turn[] = [];
  const rest = messages.slice(leading.length);
  const followers = rolesAfter(rest);
  rest.forEach((message, index) => addMessage(turns, message, followers[index], options));
  if (turns.length === 0) {
    throw new GatewayError("invalid_value", "`messages` must hold at least one user message that is not blank.", {
      param: "messages",
    });
  }
  trimLastTurn(turns);
  if (turns[0]?.role !== "user") turns.unshift(createTurn("user", [{ type: "text", text: placeholder }]));
  checkResults(turns);
  return {
    system,
    messages: turns.map(({ role, results, content, extras }) => ({
      ...extras,
      role,
      content: [...results.values(), ...content],
    })),
  };
};

const createTurn = (role: Turn["role"], content: Block[] = []): Turn => ({
  role,
  results: new Map(),
  content,
  extras: undefined,
});

const addMessage = (
  turns: Turn[],
  message: Message,
  follower: Message["role"] | undefined,
  options: TurnOptions,
): void => {
  if (message.name !== undefined) options.losses.tuning("name");
  const extras = options.isOwn ? message.extras : undefined;
  const add = (role: Turn["role"], blocks: readonly Block[]): void => {
    if (blocks.length === 0) return;
    let turn = turns.at(-1);
    if (turn?.role !== role) turns.push((turn = createTurn(role)));
    for (const block of blocks) addBlock(turn, block);
    if (extras !== undefined) turn.extras = { ...turn.extras, ...extras };
  };
  if (!isSystem(message)) {
    const role = message.role === "assistant" ? "assistant" : "user";
    add(role, encodeContent(message.parts, role, options));
  } else if (fitsAsSystem(turns, follower, options)) {
    add("system", encodeContent(message.parts, "system", options));
  } else {
    const text = textOf(message.parts).trim();
    if (text !== "") add("user", [{ type: "text", text: `<system>\n${text}\n</system>` }]);
  }
};

/** Merged histories may hold a result twice: the first is kept. */
const addBlock = ({ results, content }: Turn, block: Block): void => {
  const id = block["tool_use_id"];
  if (block["type"] !== "tool_result") content.push(block);
  else if (!results.has(id)) results.set(id, block);
};

/** For each message the role of the next one that is no system message. */
const rolesAfter = (messages: readonly Message[]): readonly (Message["role"] | undefined)[] => {
  const roles: (Message["role"] | undefined)[] = [];
  let role: Message["role"] | undefined;
  for (let index = messages.length - 1; index >= 0; index--) {
    roles[index] = role;
    const message = messages[index];
    if (message !== undefined && !isSystem(message)) role = message.role;
  }
  return roles;
};

/** A system message may stand after a user turn, and before an assistant turn or at the end. */
const fitsAsSystem = (
  turns: readonly Turn[],
  follower: Message["role"] | undefined,
  { midSystem, isOwn }: TurnOptions,
): boolean => {
  // Whoever wrote this dialect put it there knowingly.
  if (isOwn) return true;
  const before = turns.at(-1)?.role;
  return (
    midSystem && (before === "user" || before === "system") && (follower === undefined || follower === "assistant")
  );
};

/** The answer goes on where the last assistant text ends, which must not be white space. */
const trimLastTurn = (turns: Turn[]): void => {
  const last = turns.at(-1);
  const block = last?.content.at(-1);
  if (last?.role !== "assistant" || block?.["type"] !== "text") return;
  block["text"] = stringIn(block, "text")?.trimEnd();
};

const callsOf = ({ content }: Turn): readonly unknown[] =>
  content.filter((block) => block["type"] === "tool_use").map((block) => block["id"]);

/** Calls without results and results without calls are refused here, in words that say which. */
const checkResults = (turns: readonly Turn[]): void => {
  let calls: ReadonlySet<unknown> = new Set();
  const checkAnswered = (results: ReadonlyMap<unknown, Block>): void => {
    for (const id of calls) if (!results.has(id)) throw unmatched(`Tool call ${JSON.stringify(id)} has no result.`);
  };
  for (const turn of turns) {
    checkAnswered(turn.results);
    for (const id of turn.results.keys()) {
      if (!calls.has(id)) throw unmatched(`The result for ${JSON.stringify(id)} answers no tool call.`);
    }
    calls = new Set(callsOf(turn));
  }
  checkAnswered(new Map());
};

const unmatched = (what: string): GatewayError =>
  new GatewayError("invalid_value", `${what} Each call needs one in the turn after it.`, { param: "messages" });
