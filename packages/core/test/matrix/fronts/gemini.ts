import { geminiFront as recorded } from "../../recordings/fronts/gemini.ts";
import { readGemini, type GeminiBody } from "../../recordings/read-gemini.ts";
import type { Json } from "../../recordings/fixtures.ts";
import type { Told } from "../../recordings/fronts/front.ts";
import type { Question } from "../question.ts";
import { expectEnd, type Front } from "./front.ts";

const contentsOf = ({ text, image, turn }: Question): readonly Json[] => {
  const picture = image && { inlineData: { mimeType: image.type, data: image.data } };
  const asked = { role: "user", parts: [{ text }, ...(picture === undefined ? [] : [picture])] };
  if (turn === undefined) return [asked];
  const idOf = (id: string | undefined): Json => (id === undefined ? {} : { id });
  const calls = turn.calls.map(({ id, name, arguments: json }) => ({
    functionCall: { ...idOf(id), name, args: JSON.parse(json) as unknown },
  }));
  const results = turn.results.map((result, index) => ({
    functionResponse: { ...idOf(turn.calls[index]?.id), name: turn.calls[index]?.name, response: { result } },
  }));
  return [asked, { role: "model", parts: calls }, { role: "user", parts: results }];
};

interface Failed {
  readonly error: {
    readonly code: number;
    readonly status: string;
    readonly details: readonly { readonly reason?: string }[];
  };
}

const readError = (body: unknown): Told => {
  const { error } = body as Failed;
  return { status: error.code, type: error.status, code: error.details[0]?.reason?.toLowerCase() };
};

/** Gemini's generateContent; its streams as server-sent events. */
export const gemini: Front = {
  name: "Gemini generateContent",
  route: "POST /v1beta/models/{model}:generateContent",
  post: (question, model, isStream) => {
    const { tools, schema, thinks } = question;
    const offered = tools?.map(({ parameters, ...tool }) => ({ ...tool, parametersJsonSchema: parameters }));
    const config = {
      ...(schema === undefined ? {} : { responseMimeType: "application/json", responseJsonSchema: schema }),
      ...(thinks === undefined ? {} : { thinkingConfig: { includeThoughts: true, thinkingBudget: 2000 } }),
    };
    return {
      path: `/v1beta/models/${model}:${isStream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
      body: {
        contents: contentsOf(question),
        ...(offered === undefined ? {} : { tools: [{ functionDeclarations: offered }] }),
        ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
      },
    };
  },
  // What is not of this form fails to be read.
  read: (body) => readGemini([body as GeminiBody]),
  readStream: (frames) => {
    const chunks = frames.map(({ data }) => data) as readonly GeminiBody[];
    const last = chunks.at(-1);
    const isBlocked = last?.promptFeedback?.blockReason !== undefined;
    expectEnd(isBlocked || last?.candidates?.[0]?.finishReason !== undefined, "finishReason");
    return readGemini(chunks);
  },
  readError,
  readLateError: (frames) => readError(frames.at(-1)?.data),
  tellFailure: recorded.tellFailure,
};
