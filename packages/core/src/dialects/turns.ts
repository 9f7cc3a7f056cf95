import { textOf, type Message, type Part } from "../chat/message.ts";
import { GatewayError } from "../errors.ts";
import { stringIn } from "./fields.ts";
import { nameForeignFields } from "./foreign-fields.ts";
import type { Losses } from "./losses.ts";

/** A content block, system block or tool on its way into a request; made for this request, so it may be changed. */
export type Block = Record<string, unknown>;

export type ContentRole = "system" | "user" | "assistant";

/** What has to be known of a dialect's blocks to put turns together of them. */
export interface BlockShape {
  readonly encode: (parts: readonly Part[], role: ContentRole) => Block[];
  readonly text: (text: string) => Block;
  /** The id of the tool call that a block is; `undefined` for other blocks. */
  readonly callId: (block: Block) => unknown;
  /** The id of the tool call whose result a block is; `undefined` for other blocks. */
  readonly resultId: (block: Block) => unknown;
}

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

export interface TurnOptions {
  readonly shape: BlockShape;
  readonly losses: Losses;
  /** The request was written in the dialect of the target, so its extras are that dialect's fields. */
  readonly isOwn: boolean;
  /** The model takes system messages in the middle of a conversation. */
  readonly midSystem: boolean;
}

// Stands before a conversation that begins with the assistant, which is refused.
const placeholder = "(The conversation continues.)";

const isSystem = ({ role }: Message): boolean => role === "system" || role === "developer";

/**
 * Messages as strictly alternating turns: leading system messages apart, turns of one role merged by joining their blocks,
 * all results of a turn's tool calls first in the user turn after it.
 *
 * @throws GatewayError `invalid_value` for a conversation without any turn, or whose calls and results do not match.
 */
export const toConversation = (messages: readonly Message[], options: TurnOptions): Conversation => {
  const { shape } = options;
  const firstTurn = messages.findIndex((message) => !isSystem(message));
  const leading = firstTurn === -1 ? messages : messages.slice(0, firstTurn);
  const system = leading.flatMap(({ parts }) => shape.encode(parts, "system"));
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
  if (turns[0]?.role !== "user") turns.unshift(createTurn("user", [shape.text(placeholder)]));
  checkResults(turns, shape);
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
  const { shape } = options;
  if (!options.isOwn) nameForeignFields(message, options.losses);
  const extras = options.isOwn ? message.extras : undefined;
  const add = (role: Turn["role"], blocks: readonly Block[]): void => {
    if (blocks.length === 0) return;
    let turn = turns.at(-1);
    if (turn?.role !== role) turns.push((turn = createTurn(role)));
    for (const block of blocks) addBlock(turn, block, shape);
    if (extras !== undefined) turn.extras = { ...turn.extras, ...extras };
  };
  if (!isSystem(message)) {
    const role = message.role === "assistant" ? "assistant" : "user";
    add(role, shape.encode(message.parts, role));
  } else if (fitsAsSystem(turns, follower, options)) {
    add("system", shape.encode(message.parts, "system"));
  } else {
    const text = textOf(message.parts).trim();
    if (text !== "") add("user", [shape.text(`<system>\n${text}\n</system>`)]);
  }
};

/** Merged histories may hold a result twice: the first is kept. */
const addBlock = ({ results, content }: Turn, block: Block, { resultId }: BlockShape): void => {
  const id = resultId(block);
  if (id === undefined) content.push(block);
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
  if (last?.role !== "assistant" || block === undefined) return;
  const text = stringIn(block, "text");
  if (text !== undefined) block["text"] = text.trimEnd();
};

/** Calls without results and results without calls are refused here, in words that say which. */
const checkResults = (turns: readonly Turn[], { callId }: BlockShape): void => {
  let calls: ReadonlySet<unknown> = new Set();
  const checkAnswered = (results: ReadonlyMap<unknown, Block>): void => {
    for (const id of calls) if (!results.has(id)) throw unmatched(`Tool call ${JSON.stringify(id)} has no result.`);
  };
  for (const turn of turns) {
    checkAnswered(turn.results);
    for (const id of turn.results.keys()) {
      if (!calls.has(id)) throw unmatched(`The result for ${JSON.stringify(id)} answers no tool call.`);
    }
    calls = new Set(turn.content.map(callId).filter((id) => id !== undefined));
  }
  checkAnswered(new Map());
};

const unmatched = (what: string): GatewayError =>
  new GatewayError("invalid_value", `${what} Each call needs one in the turn after it.`, { param: "messages" });
