import type { Message } from "../../chat/message.ts";
import { createLateResults } from "./late-results.ts";
import { mendTurn } from "./mend-turn.ts";
import type { TurnPolicy } from "./turn.ts";

/**
 * A history in which each assistant turn is followed by exactly one result for each of its tool calls. The very list it
 * was given where that is so already.
 *
 * @throws GatewayError `invalid_value` where it is not, and cannot be without a guess.
 */
export const settleToolTurns = (messages: readonly Message[], policy: TurnPolicy): readonly Message[] => {
  if (!messages.some(isPartOfTurn)) return messages;
  const late = createLateResults(messages);
  let settled: Message[] | undefined;
  let start = 0;
  while (start < messages.length) {
    const end = endOfTurn(messages, start);
    const turn = messages.slice(start, end);
    const mended = isSettled(turn) ? turn : mendTurn({ messages: turn, start, end, late }, policy);
    if (settled === undefined && !isSame(mended, turn)) settled = messages.slice(0, start);
    settled?.push(...mended);
    start = end;
  }
  return settled ?? messages;
};

const isPartOfTurn = ({ role }: Message): boolean => role === "assistant" || role === "tool";

/** Assistant messages and the tool messages after them are one turn; every other message is one by itself. */
const endOfTurn = (messages: readonly Message[], start: number): number => {
  let end = start;
  while (messages[end]?.role === "assistant") end++;
  while (messages[end]?.role === "tool") end++;
  return Math.max(end, start + 1);
};

const isSettled = (turn: readonly Message[]): boolean => {
  let open: Set<string> | undefined;
  for (const { parts } of turn) {
    for (const part of parts) {
      if (part.type === "tool-call") {
        open ??= new Set();
        if (part.id === "" || open.has(part.id)) return false;
        open.add(part.id);
      } else if (part.type === "tool-result" && open?.delete(part.toolCallId) !== true) {
        return false;
      }
    }
  }
  return open === undefined || open.size === 0;
};

const isSame = (a: readonly Message[], b: readonly Message[]): boolean =>
  a.length === b.length && a.every((message, index) => message === b[index]);
