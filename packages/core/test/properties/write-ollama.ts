import type { Answer, Piece } from "./arbitrary-answer.ts";
import { chopped } from "./chopped.ts";

const endOf = ({ finishReason, usage }: Answer): object => ({
  done: true,
  done_reason: finishReason === "length" ? "length" : "stop",
  prompt_eval_count: usage.inputTokens,
  eval_count: usage.outputTokens,
});

/** What a piece adds to a message. Arguments are an object there, so that a call comes whole. */
const messageOf = (piece: Piece, text?: string): object => {
  switch (piece.type) {
    case "text":
      return { content: text ?? piece.text };
    case "reasoning":
      return { content: "", thinking: text ?? piece.text };
    case "call": {
      const { id, name, arguments: written } = piece;
      return { content: "", tool_calls: [{ id, function: { name, arguments: JSON.parse(written) as unknown } }] };
    }
  }
};

const line = ({ model }: Answer, message: object, more: object): string =>
  JSON.stringify({ model, created_at: "2026-11-30T12:00:00Z", message: { role: "assistant", ...message }, ...more });

/** A whole answer of Ollama's: one text, one thought, and the calls. */
export const writeOllama = (answer: Answer): string => {
  const joined = (type: "text" | "reasoning"): string =>
    answer.pieces.map((piece) => (piece.type === type ? piece.text : "")).join("");
  const calls = answer.pieces.flatMap((piece) =>
    piece.type === "call"
      ? [{ id: piece.id, function: { name: piece.name, arguments: JSON.parse(piece.arguments) as unknown } }]
      : [],
  );
  const message = { content: joined("text"), thinking: joined("reasoning"), tool_calls: calls };
  return line(answer, message, endOf(answer));
};

/** The same in lines. */
export const streamOllama = (answer: Answer, where: readonly number[]): string =>
  [
    ...answer.pieces.flatMap((piece) =>
      piece.type === "call"
        ? [line(answer, messageOf(piece), { done: false })]
        : chopped(piece.text, where).map((text) => line(answer, messageOf(piece, text), { done: false })),
    ),
    line(answer, { content: "" }, endOf(answer)),
  ]
    .map((each) => `${each}\n`)
    .join("");
