import { responsesFront as recorded } from "../../recordings/fronts/responses.ts";
import { addUpResponse, readResponse, type ResponseBody, type ResponseEvent } from "../../recordings/read-responses.ts";
import type { Json } from "../../recordings/fixtures.ts";
import type { Question } from "../question.ts";
import { readError } from "./chat.ts";
import { expectEnd, type Front } from "./front.ts";

const inputOf = ({ text, image, turn }: Question): string | readonly Json[] => {
  if (image === undefined && turn === undefined) return text;
  const picture = image && { type: "input_image", image_url: `data:${image.type};base64,${image.data}` };
  const content = [{ type: "input_text", text }, ...(picture === undefined ? [] : [picture])];
  const { calls = [], results = [] } = turn ?? {};
  return [
    { role: "user", content },
    ...calls.map(({ id, name, arguments: json }) => ({ type: "function_call", call_id: id, name, arguments: json })),
    ...results.map((output, index) => ({ type: "function_call_output", call_id: calls[index]?.id, output })),
  ];
};

/** OpenAI's responses. */
export const responses: Front = {
  name: "OpenAI responses",
  route: "POST /v1/responses",
  post: (question, model, isStream) => {
    const { tools, schema, thinks } = question;
    return {
      path: "/v1/responses",
      body: {
        model,
        input: inputOf(question),
        ...(tools === undefined ? {} : { tools: tools.map((tool) => ({ type: "function", ...tool })) }),
        ...(schema === undefined
          ? {}
          : { text: { format: { type: "json_schema", name: "answer", strict: true, schema } } }),
        ...(thinks === undefined ? {} : { reasoning: { effort: "medium", summary: "auto" } }),
        ...(isStream ? { stream: true } : {}),
      },
    };
  },
  // What is not of this form fails to be read.
  read: (body) => readResponse(body as ResponseBody),
  readStream: (frames) => {
    const events = frames.map(({ data }) => data) as readonly ResponseEvent[];
    expectEnd(/^response\.(completed|incomplete)$/.test(events.at(-1)?.type ?? ""), "response.completed");
    return readResponse(addUpResponse(events));
  },
  readError,
  // The response at the end has only words that its own servers have; why it failed stands in the event before.
  readLateError: (frames) => {
    const [error, end] = frames.slice(-2);
    if (end?.event !== "response.failed") throw new Error("The stream does not end as one that failed.");
    return readError(error?.data);
  },
  tellFailure: recorded.tellFailure,
};
