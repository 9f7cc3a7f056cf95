import type { Answer, Choice } from "../../model/answer.ts";
import { createDice } from "../../model/dice.ts";
import type { Signer } from "../../model/signature.ts";
import { splitTokens } from "../../model/tokens.ts";
import type { Piece, PieceRole } from "../../wire/plan.ts";
import type { GeminiRequest } from "./request.ts";
import { signedContent } from "./signatures.ts";

type Part = Readonly<Record<string, unknown>>;

const finishWords = { stop: "STOP", "tool-calls": "STOP", length: "MAX_TOKENS", "content-filter": "SAFETY" } as const;

const signs = (request: GeminiRequest, choice: Choice): boolean =>
  choice.reasoning !== "" || request.rules.needsSignatures;

const signatureOf = (part: Part, choice: Choice, signer: Signer): string =>
  signer.sign(choice.reasoning, signedContent(part));

const argumentsOf = (text: string): object | undefined => {
  try {
    // Complete arguments are what `valueForSchema` or a script made: an object.
    const value: object = JSON.parse(text);
    return value;
  } catch {
    // The token limit fell into the arguments; this API then leaves the call out.
    return undefined;
  }
};

/** The calls of a choice; only the first of them is signed. */
const callParts = (
  request: GeminiRequest,
  answer: Answer,
  choice: Choice,
  index: number,
  signer: Signer,
): readonly Part[] => {
  const whole = choice.calls.flatMap((call, at) => {
    const args = argumentsOf(call.argumentsText);
    if (args === undefined) return [];
    const id = request.rules.givesCallIds
      ? { id: createDice(`${answer.seed}:call:${index}:${at}`).letters(8).toLowerCase() }
      : {};
    // A function without arguments is called without any, not with an empty object.
    return [{ functionCall: { ...id, name: call.name, ...(Object.keys(args).length > 0 ? { args } : {}) } }];
  });
  return whole.map((part, at) =>
    at === 0 && signs(request, choice) ? { ...part, thoughtSignature: signatureOf(part, choice, signer) } : part,
  );
};

const thoughtParts = (request: GeminiRequest, choice: Choice): readonly Part[] =>
  choice.reasoning !== "" && (request.includeThoughts || choice.showsReasoning === true)
    ? [{ text: choice.reasoning, thought: true }]
    : [];

/** Without calls, the signature sits on the text. */
const signText = (request: GeminiRequest, choice: Choice, part: Part, signer: Signer): Part =>
  signs(request, choice) && choice.calls.length === 0
    ? { ...part, thoughtSignature: signatureOf(part, choice, signer) }
    : part;

const usageOf = ({ usage }: Answer, outputTokens: number, thoughtTokens: number): object => ({
  promptTokenCount: usage.inputTokens,
  ...(outputTokens > 0 ? { candidatesTokenCount: outputTokens } : {}),
  totalTokenCount: usage.inputTokens + outputTokens + thoughtTokens,
  ...(usage.cacheReadTokens > 0 ? { cachedContentTokenCount: usage.cacheReadTokens } : {}),
  promptTokensDetails: [{ modality: "TEXT", tokenCount: usage.inputTokens }],
  ...(thoughtTokens > 0 ? { thoughtsTokenCount: thoughtTokens } : {}),
});

const finalUsage = (answer: Answer): object =>
  usageOf(answer, answer.usage.outputTokens - answer.usage.reasoningTokens, answer.usage.reasoningTokens);

const envelope = (answer: Answer): object => ({
  modelVersion: answer.model,
  responseId: createDice(`${answer.seed}:id`).letters(22),
});

/** Nothing was said because of the policy: the prompt itself was blocked, and there are no candidates. */
const isBlocked = (answer: Answer): boolean =>
  answer.choices.every(
    (choice) => choice.finish === "content-filter" && choice.text === "" && choice.calls.length === 0,
  );

const blockedBody = (answer: Answer): object => ({
  promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
  usageMetadata: usageOf(answer, 0, 0),
  ...envelope(answer),
});

const finishOf = (choice: Choice): object => ({ finishReason: choice.finishWord ?? finishWords[choice.finish] });

/** The body of a whole answer. */
export const writeWhole = (request: GeminiRequest, answer: Answer, signer: Signer): object => {
  if (isBlocked(answer)) return blockedBody(answer);
  const candidates = answer.choices.map((choice, index) => {
    const text = choice.text === "" ? [] : [signText(request, choice, { text: choice.text }, signer)];
    const parts = [...thoughtParts(request, choice), ...text, ...callParts(request, answer, choice, index, signer)];
    const content = parts.length > 0 ? { content: { parts, role: "model" } } : { content: { role: "model" } };
    return { ...content, ...finishOf(choice), index };
  });
  return { candidates, usageMetadata: finalUsage(answer), ...envelope(answer) };
};

const tokensPerChunk = 8;

interface Chunk {
  readonly role: PieceRole;
  readonly body: object;
}

const chunksOf = (request: GeminiRequest, answer: Answer, signer: Signer): readonly Chunk[] => {
  if (isBlocked(answer)) return [{ role: "finish", body: blockedBody(answer) }];
  let outputTokens = 0;
  const thoughtTokens = answer.usage.reasoningTokens;

  const chunk = (role: PieceRole, index: number, parts: readonly Part[], rest: object, tokens: number): Chunk => {
    outputTokens += tokens;
    const usageMetadata = role === "finish" ? finalUsage(answer) : usageOf(answer, outputTokens, thoughtTokens);
    const candidates = [{ content: { parts, role: "model" }, ...rest, index }];
    return { role, body: { candidates, usageMetadata, ...envelope(answer) } };
  };

  return answer.choices.flatMap((choice, index) => {
    const tokens = splitTokens(choice.text);
    const texts = Array.from({ length: Math.ceil(tokens.length / tokensPerChunk) }, (_, at) =>
      tokens.slice(at * tokensPerChunk, (at + 1) * tokensPerChunk),
    );
    const calls = callParts(request, answer, choice, index, signer);
    return [
      ...thoughtParts(request, choice).map((part) => chunk("output", index, [part], {}, 0)),
      ...texts.map((text) => chunk("output", index, [{ text: text.join("") }], {}, text.length)),
      ...(calls.length > 0 ? [chunk("output", index, calls, {}, 0)] : []),
      // The signature of a text comes alone, on an empty part of the last chunk.
      chunk("finish", index, [signText(request, choice, { text: "" }, signer)], finishOf(choice), 0),
    ];
  });
};

/** The pieces of a streamed answer; this API has no mark for the end of server-sent events. */
export const writeStream = (request: GeminiRequest, answer: Answer, signer: Signer): readonly Piece[] => {
  const chunks = chunksOf(request, answer, signer);
  if (request.serverSentEvents) {
    return chunks.map(({ role, body }) => ({ role, data: `data: ${JSON.stringify(body)}\r\n\r\n` }));
  }
  const items = chunks.map(({ role, body }, index): Piece => ({
    role,
    data: `${index === 0 ? "[" : ",\r\n"}${JSON.stringify(body)}`,
  }));
  return [...items, { role: "terminal", data: "]" }];
};
