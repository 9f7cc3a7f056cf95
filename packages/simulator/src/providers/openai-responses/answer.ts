import type { Answer } from "../../model/answer.ts";
import { createDice } from "../../model/dice.ts";
import type { Signer } from "../../model/signature.ts";
import type { Piece, PieceRole } from "../../wire/plan.ts";
import { writeItems } from "./output.ts";
import type { ResponsesRequest } from "./request.ts";
import type { Item } from "./shelf.ts";

const firstSecond = 1_760_000_000;

/** What of a request is told again in the response, and what it says where it was not given. */
const toldAgain: Readonly<Record<string, unknown>> = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  prompt_cache_key: null,
  reasoning: { effort: null, summary: null },
  safety_identifier: null,
  store: true,
  temperature: 1,
  text: { format: { type: "text" }, verbosity: "medium" },
  tool_choice: "auto",
  tools: [],
  top_logprobs: 0,
  top_p: 1,
  truncation: "disabled",
  user: null,
};

const usageOf = ({ usage }: Answer): object => ({
  input_tokens: usage.inputTokens,
  input_tokens_details: { cached_tokens: usage.cacheReadTokens },
  output_tokens: usage.outputTokens,
  output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
  total_tokens: usage.inputTokens + usage.outputTokens,
});

/** How it ended. A script's own word is a status, or else the reason for one that is not complete. */
const endOf = ({ choices: [choice] }: Answer): { readonly status: string; readonly reason?: string } => {
  const word = choice?.finishWord;
  if (word !== undefined) {
    return word === "completed" || word === "failed" || word === "cancelled"
      ? { status: word }
      : { status: "incomplete", reason: word };
  }
  if (choice?.finish === "length") return { status: "incomplete", reason: "max_output_tokens" };
  return choice?.finish === "content-filter"
    ? { status: "incomplete", reason: "content_filter" }
    : { status: "completed" };
};

/** The id of a response. */
export const responseId = (answer: Answer): string => `resp_${createDice(`${answer.seed}:id`).letters(48)}`;

/** The response as it stands when it has begun. */
const begun = ({ body }: ResponsesRequest, answer: Answer): object => {
  const created = firstSecond + createDice(`${answer.seed}:created`).below(10_000_000);
  const tier = body["service_tier"];
  return {
    id: responseId(answer),
    object: "response",
    created_at: created,
    status: "in_progress",
    completed_at: null,
    error: null,
    incomplete_details: null,
    model: answer.model,
    output: [],
    ...Object.fromEntries(Object.entries(toldAgain).map(([name, usual]) => [name, body[name] ?? usual])),
    service_tier: tier === "flex" || tier === "priority" ? tier : "default",
    usage: null,
  };
};

const ended = (request: ResponsesRequest, answer: Answer, output: readonly Item[]): object => {
  const start = begun(request, answer);
  const { status, reason } = endOf(answer);
  return {
    ...start,
    status,
    ...(status === "completed" ? { completed_at: firstSecond + 10_000_000 } : {}),
    ...(reason === undefined ? {} : { incomplete_details: { reason } }),
    output,
    usage: usageOf(answer),
  };
};

/** A response and the items it brought. */
interface Written<Form> {
  readonly form: Form;
  readonly output: readonly Item[];
}

/** The body of a whole answer. */
export const writeWhole = (request: ResponsesRequest, answer: Answer, signer: Signer): Written<object> => {
  const output = writeItems(request, answer, signer).map((item) => item.whole);
  return { form: ended(request, answer, output), output };
};

/** The events of a streamed answer, numbered; the last one says how it ended and has the whole response. */
export const writeStream = (request: ResponsesRequest, answer: Answer, signer: Signer): Written<readonly Piece[]> => {
  const items = writeItems(request, answer, signer);
  const output = items.map((item) => item.whole);
  const pieces: Piece[] = [];
  const tell = (role: PieceRole, type: string, fields: object): void => {
    const data = JSON.stringify({ type, ...fields, sequence_number: pieces.length });
    pieces.push({ role, data: `event: ${type}\ndata: ${data}\n\n` });
  };
  const response = begun(request, answer);
  tell("frame", "response.created", { response });
  tell("frame", "response.in_progress", { response });
  for (const [index, { added, whole, events }] of items.entries()) {
    const at = { output_index: index };
    tell("frame", "response.output_item.added", { ...at, item: added });
    for (const event of events) tell(event.role, event.type, { ...at, ...event.fields });
    tell("frame", "response.output_item.done", { ...at, item: whole });
  }
  tell("terminal", `response.${endOf(answer).status}`, { response: ended(request, answer, output) });
  return { form: pieces, output };
};
