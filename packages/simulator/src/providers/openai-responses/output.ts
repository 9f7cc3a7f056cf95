import type { Answer, Choice, ToolCall } from "../../model/answer.ts";
import { createDice } from "../../model/dice.ts";
import type { Signer } from "../../model/signature.ts";
import { splitTokens } from "../../model/tokens.ts";
import type { PieceRole } from "../../wire/plan.ts";
import { logprobsOf } from "../openai/logprobs.ts";
import { sealedThought } from "./input.ts";
import type { ResponsesRequest } from "./request.ts";
import type { Item } from "./shelf.ts";

/** An event of a stream, before it is told where its item stands. */
interface ItemEvent {
  readonly role: PieceRole;
  readonly type: string;
  readonly fields: object;
}

/** An item of the output, how it is announced, and what is told of it until it is done. */
export interface WrittenItem {
  readonly whole: Item;
  readonly added: Item;
  readonly events: readonly ItemEvent[];
}

const frame = (type: string, fields: object): ItemEvent => ({ role: "frame", type, fields });

const hexId = (prefix: string, seed: string): string =>
  `${prefix}_${Buffer.from(createDice(seed).letters(24)).toString("hex")}`;

/** What is still being said when the tokens run out is marked so. */
const statusOf = ({ finish }: Choice): string => (finish === "length" ? "incomplete" : "completed");

const deltasOf = (request: ResponsesRequest, type: string, text: string, at: object, seed: string): ItemEvent[] =>
  splitTokens(text).map((delta, index) => {
    const dice = createDice(`${seed}:${type}:${index}`);
    return {
      role: "output",
      type,
      fields: { ...at, delta, ...(request.obfuscates ? { obfuscation: dice.letters(1 + dice.below(16)) } : {}) },
    };
  });

const thoughtItem = (request: ResponsesRequest, { seed }: Answer, choice: Choice, signer: Signer): WrittenItem => {
  const id = hexId("rs", `${seed}:thought`);
  const isShown = request.showsSummary || choice.showsReasoning === true;
  const part = { type: "summary_text", text: choice.reasoning };
  const whole = {
    id,
    type: "reasoning",
    summary: isShown ? [part] : [],
    ...(request.sealsThoughts ? { encrypted_content: signer.sign(choice.reasoning, sealedThought) } : {}),
  };
  const at = { item_id: id, summary_index: 0 };
  const events = [
    frame("response.reasoning_summary_part.added", { ...at, part: { ...part, text: "" } }),
    ...deltasOf(request, "response.reasoning_summary_text.delta", choice.reasoning, at, seed),
    frame("response.reasoning_summary_text.done", { ...at, text: choice.reasoning }),
    frame("response.reasoning_summary_part.done", { ...at, part }),
  ];
  return { whole, added: { ...whole, summary: [] }, events: isShown ? events : [] };
};

const messageItem = (request: ResponsesRequest, { seed }: Answer, choice: Choice): WrittenItem => {
  const id = hexId("msg", `${seed}:message`);
  const { topLogprobs } = request;
  const logprobs = topLogprobs === undefined ? [] : logprobsOf(choice.text, topLogprobs, seed);
  const part = { type: "output_text", annotations: [], logprobs, text: choice.text };
  const whole = { id, type: "message", status: statusOf(choice), content: [part], role: "assistant" };
  const at = { item_id: id, content_index: 0 };
  const deltas = deltasOf(request, "response.output_text.delta", choice.text, at, seed).map((event, index) => ({
    ...event,
    fields: { ...event.fields, logprobs: logprobs.slice(index, index + 1) },
  }));
  return {
    whole,
    added: { ...whole, status: "in_progress", content: [] },
    events: [
      frame("response.content_part.added", { ...at, part: { ...part, text: "", logprobs: [] } }),
      ...deltas,
      frame("response.output_text.done", { ...at, text: choice.text, logprobs }),
      frame("response.content_part.done", { ...at, part }),
    ],
  };
};

const callItem = (
  request: ResponsesRequest,
  { seed }: Answer,
  choice: Choice,
  call: ToolCall,
  index: number,
): WrittenItem => {
  const [prefix, type, textName, event] = call.freeText
    ? (["ctc", "custom_tool_call", "input", "response.custom_tool_call_input"] as const)
    : (["fc", "function_call", "arguments", "response.function_call_arguments"] as const);
  const id = hexId(prefix, `${seed}:item:${index}`);
  const whole = {
    id,
    type,
    status: statusOf(choice),
    [textName]: call.argumentsText,
    call_id: `call_${createDice(`${seed}:call:${index}`).letters(24)}`,
    name: call.name,
  };
  const at = { item_id: id };
  return {
    whole,
    added: { ...whole, status: "in_progress", [textName]: "" },
    events: [
      ...deltasOf(request, `${event}.delta`, call.argumentsText, at, `${seed}:${index}`),
      frame(`${event}.done`, { ...at, [textName]: call.argumentsText }),
    ],
  };
};

/** The items of an answer: what was thought, what is said, what is called. */
export const writeItems = (request: ResponsesRequest, answer: Answer, signer: Signer): readonly WrittenItem[] => {
  const [choice] = answer.choices;
  if (choice === undefined) return [];
  return [
    ...(choice.reasoning === "" ? [] : [thoughtItem(request, answer, choice, signer)]),
    ...(choice.text === "" && choice.calls.length > 0 ? [] : [messageItem(request, answer, choice)]),
    ...choice.calls.map((call, index) => callItem(request, answer, choice, call, index)),
  ];
};
