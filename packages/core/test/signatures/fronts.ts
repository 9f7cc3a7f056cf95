import type { Json } from "../../src/dialects/dialect.ts";
import { arrayIn, isObject, objectIn, stringIn } from "../../src/dialects/fields.ts";

/** A turn of the model as a client holds it: its one message, or its blocks, items or parts. */
export type Turn = readonly Json[];

/** What a client of one dialect sends and keeps. */
export interface Front {
  readonly name: string;
  /** Where its requests go. */
  readonly path: (model: string, stream: boolean) => string;
  /** The first turn's body; `thinks`: it asks to be shown the reasoning. */
  readonly ask: (model: string, stream: boolean, thinks: boolean) => Json;
  /** The model's turn, from a whole answer or from a stream, as its library hands it to the client. */
  readonly read: (text: string, stream: boolean) => Turn;
  /** The turn as a client sends it back whose library drops what it does not know. */
  readonly bare: (turn: Turn) => Turn;
  /** The second turn's body: what was asked, the model's turn, the results of its calls. */
  readonly answer: (model: string, stream: boolean, thinks: boolean, turn: Turn) => Json;
  /** Ids of the turn's calls. */
  readonly callIds: (turn: Turn) => readonly string[];
}

export const listIn = (object: Json, name: string): readonly Json[] => arrayIn(object, name).filter(isObject);
const textIn = (object: Json, name: string): string => stringIn(object, name) ?? "";
const parse = (text: string): Json => JSON.parse(text);

const parameters = { type: "object", properties: { city: { type: "string" } } };
const question = "Rome or Oslo?";

const dataOf = (stream: string): readonly Json[] =>
  stream
    .split(/\r?\n/)
    .filter((line) => line.startsWith("data: {"))
    .map((line) => parse(line.slice(6)));

const chatCallIds = (turn: Turn): readonly string[] =>
  turn.flatMap((message) => listIn(message, "tool_calls").map((call) => textIn(call, "id")));

const chatAsk = (model: string, stream: boolean, thinks: boolean) => ({
  model,
  stream,
  ...(thinks && { reasoning_effort: "high" }),
  tools: [{ type: "function", function: { name: "weather", parameters } }],
  messages: [{ role: "user", content: question }],
});

const readChatStream = (stream: string): Json => {
  const details: Json[] = [];
  const calls: { head: Json; text: string }[] = [];
  let content = "";
  for (const chunk of dataOf(stream)) {
    const delta = objectIn(listIn(chunk, "choices")[0] ?? {}, "delta") ?? {};
    content += textIn(delta, "content");
    details.push(...listIn(delta, "reasoning_details"));
    for (const piece of listIn(delta, "tool_calls")) {
      const call = (calls[Number(piece["index"])] ??= { head: piece, text: "" });
      call.text += textIn(objectIn(piece, "function") ?? {}, "arguments");
    }
  }
  const tool_calls = calls.map(({ head: { index: _index, ...head }, text }) => ({
    ...head,
    function: { ...objectIn(head, "function"), arguments: text },
  }));
  return { role: "assistant", content, reasoning_details: details, tool_calls };
};

const chat: Front = {
  name: "chat",
  path: () => "/v1/chat/completions",
  ask: chatAsk,
  read: (text, stream) =>
    stream ? [readChatStream(text)] : listIn(parse(text), "choices").map((choice) => objectIn(choice, "message") ?? {}),
  bare: (turn) =>
    turn.map((message) => ({
      role: "assistant",
      content: message["content"],
      tool_calls: listIn(message, "tool_calls").map(({ id, type, function: called }) => ({
        id,
        type,
        function: called,
      })),
    })),
  answer: (model, stream, thinks, turn) => {
    const asked = chatAsk(model, stream, thinks);
    const results = chatCallIds(turn).map((id) => ({ role: "tool", tool_call_id: id, content: "12" }));
    return { ...asked, messages: [...asked.messages, ...turn, ...results] };
  },
  callIds: chatCallIds,
};

const messagesAsk = (model: string, stream: boolean, thinks: boolean) => ({
  model,
  stream,
  max_tokens: 4000,
  ...(thinks && { thinking: { type: "enabled", budget_tokens: 2000 } }),
  tools: [{ name: "weather", input_schema: parameters }],
  messages: [{ role: "user", content: question }],
});

const readMessageStream = (stream: string): Turn => {
  const blocks: Record<string, unknown>[] = [];
  for (const event of dataOf(stream)) {
    const index = Number(event["index"]);
    if (event["type"] === "content_block_start") blocks[index] = { ...objectIn(event, "content_block") };
    const block = blocks[index];
    const delta = objectIn(event, "delta") ?? {};
    if (block === undefined) continue;
    for (const field of ["text", "thinking", "signature"]) {
      if (delta[field] !== undefined) block[field] = textIn(block, field) + textIn(delta, field);
    }
    if (delta["partial_json"] !== undefined) block["json"] = textIn(block, "json") + textIn(delta, "partial_json");
  }
  return blocks.map(({ json, ...block }) => (json === undefined ? block : { ...block, input: parse(String(json)) }));
};

const usesIn = (content: Turn): readonly string[] =>
  content.filter(({ type }) => type === "tool_use").map((block) => textIn(block, "id"));

const messages: Front = {
  name: "messages",
  path: () => "/v1/messages",
  ask: messagesAsk,
  read: (text, stream) => (stream ? readMessageStream(text) : listIn(parse(text), "content")),
  bare: (content) => content.filter(({ type }) => type === "text" || type === "tool_use"),
  answer: (model, stream, thinks, content) => {
    const asked = messagesAsk(model, stream, thinks);
    const results = usesIn(content).map((id) => ({ type: "tool_result", tool_use_id: id, content: "12" }));
    return {
      ...asked,
      messages: [...asked.messages, { role: "assistant", content }, { role: "user", content: results }],
    };
  },
  callIds: usesIn,
};

const responsesAsk = (model: string, stream: boolean, thinks: boolean) => ({
  model,
  stream,
  store: false,
  ...(thinks && { reasoning: { effort: "high", summary: "auto" }, include: ["reasoning.encrypted_content"] }),
  tools: [{ type: "function", name: "weather", parameters }],
  input: [{ role: "user", content: question }],
});

const functionCalls = (output: Turn): readonly string[] =>
  output.filter(({ type }) => type === "function_call").map((item) => textIn(item, "call_id"));

const responses: Front = {
  name: "responses",
  path: () => "/v1/responses",
  ask: responsesAsk,
  read: (text, stream) => {
    const response = stream ? objectIn(dataOf(text).at(-1) ?? {}, "response") : parse(text);
    return listIn(response ?? {}, "output");
  },
  bare: (output) =>
    output.flatMap(({ type, call_id, name, arguments: text }) =>
      type === "function_call" ? [{ type, call_id, name, arguments: text }] : [],
    ),
  answer: (model, stream, thinks, output) => {
    const asked = responsesAsk(model, stream, thinks);
    const results = functionCalls(output).map((id) => ({ type: "function_call_output", call_id: id, output: "12" }));
    return { ...asked, input: [...asked.input, ...output, ...results] };
  },
  callIds: functionCalls,
};

const geminiAsk = (thinks: boolean) => ({
  ...(thinks && { generationConfig: { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } } }),
  tools: [{ functionDeclarations: [{ name: "weather", parameters }] }],
  contents: [{ role: "user", parts: [{ text: question }] }],
});

const callsIn = (parts: Turn): readonly Json[] =>
  parts.map((part) => objectIn(part, "functionCall")).filter((call) => call !== undefined);

const gemini: Front = {
  name: "gemini",
  path: (model, stream) => `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
  ask: (_model, _stream, thinks) => geminiAsk(thinks),
  read: (text, stream) =>
    (stream ? dataOf(text) : [parse(text)]).flatMap((answer) =>
      listIn(answer, "candidates").flatMap((candidate) => listIn(objectIn(candidate, "content") ?? {}, "parts")),
    ),
  bare: (parts) =>
    parts
      .filter(({ thought, text, functionCall }) => thought !== true && (functionCall !== undefined || text !== ""))
      .map(({ thoughtSignature: _signature, ...part }) => part),
  answer: (_model, _stream, thinks, parts) => {
    const asked = geminiAsk(thinks);
    const results = callsIn(parts).map(({ id, name }) => ({
      functionResponse: { id, name, response: { output: "12" } },
    }));
    return { ...asked, contents: [...asked.contents, { role: "model", parts }, { role: "user", parts: results }] };
  },
  callIds: (parts) => callsIn(parts).map((call) => textIn(call, "id")),
};

export const fronts = { chat, messages, responses, gemini } as const;
