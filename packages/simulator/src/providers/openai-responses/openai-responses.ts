import { isRecord } from "../../json.ts";
import type { Answer } from "../../model/answer.ts";
import { openai, openaiPath } from "../openai/openai.ts";
import type { Ask, Call, Provider, Route } from "../provider.ts";
import { responseId, writeStream, writeWhole } from "./answer.ts";
import { refuseUnknownFields } from "./fields.ts";
import { readResponsesRequest } from "./request.ts";
import { keepResponse, type Item } from "./shelf.ts";

const findRoute = (method: string, path: string): Route | undefined => {
  const { rest, tolerant } = openaiPath(path);
  if (method !== "POST") return undefined;
  if (rest === "/responses") return { action: "chat", tolerant };
  return rest === "/responses/input_tokens" ? { action: "count", tolerant } : undefined;
};

const read = (call: Call): Ask => {
  const request = readResponsesRequest(call);
  const keep = (answer: Answer, output: readonly Item[]): void => {
    if (request.keeps) keepResponse(responseId(answer), request.items, output, call.shelf);
  };
  return {
    prompt: request.prompt,
    whole: (answer) => {
      const { form, output } = writeWhole(request, answer, call.signer);
      keep(answer, output);
      return form;
    },
    stream: (answer) => {
      const { form, output } = writeStream(request, answer, call.signer);
      keep(answer, output);
      return form;
    },
  };
};

const errorEvent = (body: unknown, index: number): string => {
  const error = isRecord(body) ? body["error"] : undefined;
  return `event: error\ndata: ${JSON.stringify({ type: "error", sequence_number: index, error })}\n\n`;
};

/** OpenAI Responses, beside the chats of the same provider. */
export const openaiResponses: Provider = {
  ...openai,
  route: findRoute,
  refuseUnknownFields: ({ body, route }) => {
    if (route.tolerant !== true) refuseUnknownFields(body);
  },
  read,
  count: (inputTokens) => ({ object: "response.input_tokens", input_tokens: inputTokens }),
  errorEvent,
};
