import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Message, Part, ToolCallPart, ToolResultPart } from "../../chat/message.ts";
import { GatewayError } from "../../errors.ts";
import type { ToolTurn, TurnPolicy } from "./turn.ts";

/** A place in a turn and what stands there: the part as it came, a changed one, or nothing any more. */
interface Slot<P extends Part = Part> {
  readonly message: number;
  part: P | undefined;
}

/** A slot that is known to be filled. */
type Filled<P extends Part> = Slot<P> & { part: P };

/**
 * The messages of a turn whose calls and results do not match, mended as far as that takes no guess and the policy
 * allows.
 *
 * @throws GatewayError `invalid_value`, naming the first call or result that is wrong.
 */
export const mendTurn = (turn: ToolTurn, policy: TurnPolicy): readonly Message[] => {
  const slots = turn.messages.map(({ parts }, offset) =>
    parts.map((part): Slot => ({
      message: turn.start + offset,
      part: part.type === "tool-result" && turn.late.isTaken(part) ? undefined : part,
    })),
  );
  const calls = distinctCalls(slots.flat(), policy);
  const results = distinctResults(slots.flat(), policy);
  nameByOrder(turn, calls, results, policy);

  const callIds = new Set(calls.map(({ part }) => part.id));
  const resultIds = new Set(results.map(({ part }) => part.toolCallId));
  const supplied = calls.filter(({ part }) => !resultIds.has(part.id)).map((call) => resultFor(call, turn, policy));
  const strays = results.filter(({ part }) => !callIds.has(part.toolCallId) && !policy.historyElsewhere);
  const explained = strays.map((stray) => explain(stray, policy));

  const kept = turn.messages.flatMap((message, offset) => rebuild(message, slots[offset] ?? []));
  return [...(supplied.length === 0 ? kept : inCallOrder([...kept, ...supplied], [...callIds])), ...explained];
};

/** Calls in order, each once: histories that were merged from several sources repeat them. */
const distinctCalls = (slots: readonly Slot[], { onRepair }: TurnPolicy): readonly Filled<ToolCallPart>[] => {
  const byId = new Map<string, ToolCallPart>();
  const calls: Filled<ToolCallPart>[] = [];
  for (const slot of slots) {
    if (!isCall(slot)) continue;
    const { id, name, kind, arguments: text } = slot.part;
    const twin = id === "" ? undefined : byId.get(id);
    if (twin === undefined) {
      byId.set(id, slot.part);
      calls.push(slot);
    } else if (twin.name === name && twin.kind === kind && twin.arguments === text) {
      remove(slot);
      onRepair("duplicate-call");
    } else {
      throw invalid(slot, "tool_calls", `holds a second, different tool call with the id ${show(id)}`);
    }
  }
  return calls;
};

const distinctResults = (slots: readonly Slot[], { onRepair }: TurnPolicy): readonly Filled<ToolResultPart>[] => {
  const byId = new Map<string, ToolResultPart>();
  const results: Filled<ToolResultPart>[] = [];
  for (const slot of slots) {
    if (!isResult(slot)) continue;
    const id = slot.part.toolCallId;
    const twin = id === "" ? undefined : byId.get(id);
    if (twin === undefined) {
      byId.set(id, slot.part);
      results.push(slot);
    } else if (isDeepStrictEqual(twin, slot.part)) {
      remove(slot);
      onRepair("duplicate-result");
    } else {
      throw invalid(slot, "tool_call_id", `is a second, different result of the tool call ${show(id)}`);
    }
  }
  return results;
};

/** Gives calls and results without ids their ids, by order, where there is only one way to do it. */
const nameByOrder = (
  turn: ToolTurn,
  calls: readonly Filled<ToolCallPart>[],
  results: readonly Filled<ToolResultPart>[],
  { onRepair }: TurnPolicy,
): void => {
  const answered = new Set(results.map(({ part }) => part.toolCallId));
  const open = calls.filter(({ part }) => part.id === "" || !answered.has(part.id));
  const loose = results.filter(({ part }) => part.toolCallId === "");
  const nameless = loose[0] ?? open.find(({ part }) => part.id === "");
  if (nameless === undefined) return;

  const fits = open.every(({ part }, index) => (loose[index]?.part.name ?? part.name) === part.name);
  if (open.length !== loose.length || !fits) {
    throw invalid(nameless, "tool_call_id", "belongs to tool calls or results without ids that cannot be told apart");
  }
  open.forEach((call, index) => {
    const id = call.part.id === "" ? madeId(turn.start, index, call.part) : call.part.id;
    call.part = { ...call.part, id };
    const result = loose[index];
    if (result !== undefined) result.part = { ...result.part, toolCallId: id };
    onRepair("made-id");
  });
};

/** The same for the same history, however it goes on: the provider's prompt cache must find the prefix again. */
const madeId = (start: number, index: number, { name, arguments: text }: ToolCallPart): string =>
  `call_${createHash("sha256")
    .update(JSON.stringify([start, index, name, text]))
    .digest("hex")
    .slice(0, 24)}`;

/** The result that a call lacks: one that comes later, or else the plain statement that there is none. */
const resultFor = (call: Filled<ToolCallPart>, { late, end }: ToolTurn, { repair, onRepair }: TurnPolicy): Message => {
  const { id, name } = call.part;
  if (!repair) throw invalid(call, "tool_calls", `must be followed at once by the result of the tool call ${show(id)}`);
  const found = late.take(id, end);
  onRepair(found === undefined ? "missing-result" : "late-result");
  if (found !== undefined) return found;
  const content = [{ type: "text" as const, text: "No result of this tool call was recorded." }];
  return { role: "tool", parts: [{ type: "tool-result", toolCallId: id, name, content, isError: true }] };
};

/** A result whose call is nowhere, in a form that every provider takes. */
const explain = (stray: Filled<ToolResultPart>, { repair, onRepair }: TurnPolicy): Message => {
  const { toolCallId, content, isError } = stray.part;
  if (!repair) {
    const problem = `must follow an assistant message with the tool call ${show(toolCallId)}`;
    throw invalid(stray, "tool_call_id", problem);
  }
  remove(stray);
  onRepair("orphan-result");
  const what = isError === true ? "Error" : "Result";
  return { role: "user", parts: [{ type: "text", text: `${what} of the tool call ${show(toolCallId)}:` }, ...content] };
};

/** The message with what is left in its slots: itself where all is, nothing where nothing is. */
const rebuild = (message: Message, slots: readonly Slot[]): readonly Message[] => {
  if (slots.every(({ part }, index) => part === message.parts[index])) return [message];
  const parts = slots.flatMap(({ part }) => part ?? []);
  return parts.length === 0 ? [] : [{ ...message, parts }];
};

/** Assistant messages as they were, then results in the order of their calls. */
const inCallOrder = (messages: readonly Message[], callIds: readonly string[]): readonly Message[] => {
  const ranks = new Map(callIds.map((id, index) => [id, index]));
  const rank = ({ role, parts: [first] }: Message): number =>
    role === "tool" && first?.type === "tool-result" ? (ranks.get(first.toolCallId) ?? -1) : -1;
  return messages.toSorted((a, b) => rank(a) - rank(b));
};

const isCall = (slot: Slot): slot is Filled<ToolCallPart> => slot.part?.type === "tool-call";
const isResult = (slot: Slot): slot is Filled<ToolResultPart> => slot.part?.type === "tool-result";

const remove = (slot: Slot): void => {
  slot.part = undefined;
};

const show = (id: string): string => JSON.stringify(id.slice(0, 80));

const invalid = ({ message }: Slot, field: string, problem: string): GatewayError =>
  new GatewayError("invalid_value", `\`messages[${message}]\` ${problem}.`, { param: `messages[${message}].${field}` });
