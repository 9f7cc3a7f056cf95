import type { Block, Conversation } from "../turns.ts";

const isText = (block: Block): boolean => block["text"] !== undefined;
const isCall = (block: Block): boolean => block["toolUse"] !== undefined;
const isDocument = (block: Block): boolean => block["document"] !== undefined;

/** Puts into each turn's blocks what the API demands of a turn as a whole. */
export const finishTurns = (messages: Conversation["messages"]): void => {
  for (const { role, content } of messages) {
    if (role === "assistant") textBeforeCalls(content);
    else if (content.some(isDocument) && !content.some(isText)) content.push({ text: "(See the document.)" });
  }
};

/** Text must not follow a call. All else keeps its place: reasoning belongs between the calls it was made for. */
const textBeforeCalls = (content: Block[]): void => {
  const firstCall = content.findIndex(isCall);
  if (firstCall === -1) return;
  const rest = content.splice(firstCall);
  content.push(...rest.filter(isText), ...rest.filter((block) => !isText(block)));
};
