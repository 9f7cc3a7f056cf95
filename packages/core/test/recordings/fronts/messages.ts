import Anthropic from "@anthropic-ai/sdk";
import { addUpMessage, readMessage } from "../read-messages.ts";
import { agreeing, withoutCustomCalls, withoutCutCalls, withRefusalInText, type Asked, type Front } from "./front.ts";

const bodyOf = ({ model, isStream, body }: Asked): object => {
  const { stream: _stream, ...recorded } = body ?? {};
  return {
    max_tokens: 2000,
    messages: [{ role: "user", content: "Hello" }],
    ...recorded,
    model,
    ...(isStream ? { stream: true } : {}),
  };
};

/** The dialect has no codes, but a word for each status. */
const types: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  413: "request_too_large",
  429: "rate_limit_error",
  502: "api_error",
  503: "overloaded_error",
  504: "timeout_error",
};

/** Anthropic's messages, by the SDK `@anthropic-ai/sdk`. */
export const messagesFront: Front = {
  name: "messages",
  dialect: "anthropic-messages",
  connect: ({ origin, fetch }) => {
    // With a timeout of its own the SDK does not refuse large limits of whole answers.
    const client = new Anthropic({ apiKey: "none", maxRetries: 0, timeout: 10_000, baseURL: origin, fetch });
    return async (asked) => {
      const body = bodyOf(asked) as Anthropic.MessageCreateParams;
      if (body.stream !== true) return readMessage(await client.messages.create({ ...body, stream: false }));
      const stream = client.messages.stream(body);
      const events: Anthropic.RawMessageStreamEvent[] = [];
      // The SDK goes on writing into the objects that it gives out.
      stream.on("streamEvent", (event) => events.push(structuredClone(event)));
      const final = readMessage(await stream.finalMessage());
      return agreeing(readMessage(addUpMessage(events)), final);
    };
  },
  readThrown: (error) =>
    error instanceof Anthropic.APIError
      ? { told: { status: error.status, type: error.type }, headers: error.headers }
      : undefined,
  tellFailure: ({ status }, isLate) => ({ status: isLate ? undefined : status, type: types[status] }),
  // A message has one choice and always a usage.
  tell: ({ choices, usage = { input: 0, output: 0 }, ...said }, { isOwn, isStream }) => {
    const [choice] = choices.map(withoutCustomCalls).map(withRefusalInText);
    if (isOwn || choice === undefined) return { ...said, choices, usage };
    return { ...said, choices: [isStream ? choice : withoutCutCalls(choice)], usage };
  },
  reasoningSeparator: "",
};
