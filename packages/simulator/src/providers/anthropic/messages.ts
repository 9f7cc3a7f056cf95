import { asArray, isRecord, type JsonRecord } from "../../json.ts";
import type { Block, Turn } from "../../model/prompt.ts";
import type { Signer } from "../../model/signature.ts";
import { refuse } from "../../problem.ts";
import { attachmentsOf, checkBlock, promptBlock, textOf } from "./blocks.ts";
import type { ModelRules } from "./model-rules.ts";

/** Neighbouring messages of one role, which the server takes as one. */
interface MergedTurn {
  readonly role: string;
  readonly content: readonly JsonRecord[];
  readonly at: number;
}

const blocksOfContent = (content: unknown): readonly JsonRecord[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : asArray(content).filter(isRecord);

const checkMessage = (
  message: unknown,
  index: number,
  isLast: boolean,
  rules: ModelRules,
  signer: Signer,
): MergedTurn => {
  const path = `messages.${index}`;
  if (!isRecord(message)) return refuse("Input should be an object", path);
  const { role, content } = message;
  if (role !== "user" && role !== "assistant" && !(role === "system" && rules.takesSystemTurns)) {
    return refuse("Input should be 'user' or 'assistant'", `${path}.role`);
  }
  if (typeof content !== "string" && !Array.isArray(content)) return refuse("Field required", `${path}.content`);
  if (content.length === 0 && !(isLast && role === "assistant")) {
    refuse("all messages must have non-empty content except for the optional final assistant message", path);
  }
  if (typeof content === "string" && content !== "" && content.trim() === "") {
    refuse("text content blocks must contain non-whitespace text", path);
  }
  if (Array.isArray(content)) {
    for (const [at, block] of content.entries()) checkBlock(block, role, signer, `${path}.content.${at}`);
  }
  return { role, content: blocksOfContent(content), at: index };
};

const mergeTurns = (turns: readonly MergedTurn[]): readonly MergedTurn[] => {
  const merged: { readonly role: string; readonly content: JsonRecord[]; readonly at: number }[] = [];
  for (const turn of turns) {
    const last = merged.at(-1);
    if (last?.role === turn.role) for (const block of turn.content) last.content.push(block);
    else merged.push({ ...turn, content: [...turn.content] });
  }
  return merged;
};

const idsOf = (turn: MergedTurn | undefined, type: string, name: string): readonly string[] =>
  (turn?.content ?? []).filter((block) => block["type"] === type).map((block) => String(block[name]));

/** Every call is answered in the next user turn, before anything else is said there. */
const checkToolUse = (turns: readonly MergedTurn[]): void => {
  for (const [index, turn] of turns.entries()) {
    const path = `messages.${turn.at}`;
    const next = turns[index + 1];
    if (turn.role === "assistant") {
      const answered = idsOf(next, "tool_result", "tool_use_id");
      const open = idsOf(turn, "tool_use", "id").filter((id) => !answered.includes(id));
      if (open.length > 0)
        refuse(
          `\`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(", ")}`,
          path,
        );
    }
    if (turn.role === "user") {
      const asked = idsOf(turns[index - 1], "tool_use", "id");
      const stray = idsOf(turn, "tool_result", "tool_use_id").find((id) => !asked.includes(id));
      if (stray !== undefined) refuse(`unexpected \`tool_use_id\` in \`tool_result\` blocks: ${stray}`, path);
      const firstOther = turn.content.findIndex((block) => block["type"] !== "tool_result");
      const late = firstOther !== -1 && turn.content.slice(firstOther).some((block) => block["type"] === "tool_result");
      if (late) refuse("`tool_result` blocks must come first in the content of a message", path);
    }
  }
};

const checkEnds = (turns: readonly MergedTurn[], rules: ModelRules): void => {
  if (turns[0]?.role !== "user") refuse('first message must use the "user" role', "messages");
  const last = turns.at(-1);
  if (last?.role !== "assistant") return;
  if (rules.refusesPrefill) {
    refuse("This model does not support assistant message prefill. The conversation must end with a user message.");
  }
  const text = textOf(last.content.slice(-1));
  if (text !== text.trimEnd()) refuse("final assistant content cannot end with trailing whitespace", "messages");
};

const toTurn = (turn: MergedTurn, before: MergedTurn | undefined): Turn => {
  const names = new Map((before?.content ?? []).map((block) => [block["id"], String(block["name"])]));
  const results = turn.content.filter((block) => block["type"] === "tool_result");
  return {
    role: turn.role === "assistant" ? "assistant" : turn.role === "system" ? "system" : "user",
    text: textOf(turn.content),
    attachments: attachmentsOf(turn.content),
    results: results.map((block) => ({
      tool: names.get(block["tool_use_id"]) ?? "the tool",
      text: textOf(block["content"]),
    })),
  };
};

/** With a thinking budget, an answer that called tools is continued from its thoughts, so they have to be there. */
const checkThoughtsKept = (turns: readonly MergedTurn[]): void => {
  const called = turns.at(-2);
  if (idsOf(called, "tool_use", "id").length === 0 || idsOf(turns.at(-1), "tool_result", "tool_use_id").length === 0)
    return;
  const first = called?.content[0]?.["type"];
  if (first !== "thinking" && first !== "redacted_thinking") {
    refuse(
      "Expected `thinking` or `redacted_thinking`, but found `tool_use`: a final assistant message must start with a thinking block",
      `messages.${called?.at}.content.0`,
    );
  }
};

/**
 * Reads and checks the messages.
 *
 * @throws Refusal at the first message that breaks a rule of the API.
 */
export const readMessages = (
  messages: unknown,
  rules: ModelRules,
  signer: Signer,
  needsThoughts: boolean,
): { readonly turns: readonly Turn[]; readonly blocks: readonly Block[] } => {
  if (!Array.isArray(messages)) return refuse("Field required", "messages");
  if (messages.length === 0) return refuse("at least one message is required", "messages");
  const checked = messages.map((message, index) =>
    checkMessage(message, index, index === messages.length - 1, rules, signer),
  );
  const merged = mergeTurns(checked);
  checkEnds(merged, rules);
  checkToolUse(merged);
  if (needsThoughts) checkThoughtsKept(merged);
  return {
    turns: merged.map((turn, index) => toTurn(turn, merged[index - 1])),
    blocks: checked.flatMap((turn) => turn.content.map(promptBlock)),
  };
};
