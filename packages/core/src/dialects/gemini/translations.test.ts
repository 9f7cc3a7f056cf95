import { describe, expect, it } from "vitest";
import { allRecordings, present as exist } from "../../../test/recordings/fixtures.ts";
import type { Message, Part } from "../../chat/message.ts";
import type { ChatRequest, Tool } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn, present, stringIn } from "../fields.ts";
import { gemini } from "./gemini.ts";

const folder = "translations/openai-chat_to_gemini/";

// As much of chat completions as the recordings use: this test must not depend on how another dialect is read.

const textsOf = (message: Json): Part[] => {
  const content = message["content"];
  const texts =
    typeof content === "string"
      ? [content]
      : arrayIn(message, "content")
          .filter(isObject)
          .map((part) => stringIn(part, "text") ?? "");
  return texts.map((text) => ({ type: "text", text }));
};

const toMessage = (message: Json): Message => {
  const role = stringIn(message, "role");
  if (role === "tool") {
    const toolCallId = stringIn(message, "tool_call_id") ?? "";
    return { role, parts: [{ type: "tool-result", toolCallId, content: textsOf(message) }] };
  }
  const calls = arrayIn(message, "tool_calls")
    .filter(isObject)
    .map((call): Part => {
      const { name, arguments: args } = objectIn(call, "function") ?? {};
      return {
        type: "tool-call",
        kind: "function",
        id: stringIn(call, "id") ?? "",
        name: String(name),
        arguments: String(args),
      };
    });
  return { role: role === "assistant" ? "assistant" : "user", parts: [...textsOf(message), ...calls] };
};

const toTool = (tool: Json): Tool => {
  const { name, description, parameters, strict } = objectIn(tool, "function") ?? {};
  return {
    type: "function",
    name: String(name),
    description: String(description),
    parameters: isObject(parameters) ? parameters : {},
    strict: strict === true,
  };
};

const toRequest = (source: Json): ChatRequest => {
  const format = objectIn(objectIn(source, "response_format") ?? {}, "json_schema");
  const choice = objectIn(objectIn(source, "tool_choice") ?? {}, "function");
  const effort = stringIn(source, "reasoning_effort");
  return present({
    dialect: "openai-chat",
    model: "m",
    stream: false,
    messages: arrayIn(source, "messages").filter(isObject).map(toMessage),
    tools: "tools" in source ? arrayIn(source, "tools").filter(isObject).map(toTool) : undefined,
    toolChoice: choice === undefined ? undefined : ({ type: "tool", name: String(choice["name"]) } as const),
    reasoning: effort === undefined ? undefined : { effort },
    outputFormat:
      format === undefined
        ? undefined
        : present({
            type: "json-schema" as const,
            schema: objectIn(format, "schema") ?? {},
            name: stringIn(format, "name"),
            description: stringIn(format, "description"),
          }),
  });
};

describe.skipIf(!exist)("translations a provider took (skipped where the recordings are absent)", () => {
  it.each([
    "chat-completions-anthropic-cache-control-param",
    "chat-completions-assistant-cache-control-param",
    "json-schema-format-param",
    "json-schema-min-max-items-param",
    "json-schema-prefix-items-param",
    "logit-bias-param",
    "parallel-tool-calls-request",
    "text-format-json-schema-param",
    "text-format-json-schema-with-description-param",
    "tool-choice-required-param",
    "tool-choice-required-with-reasoning-param",
  ])("writes %s in the same form", (name) => {
    const { request, translated } = allRecordings.find(({ dir }) => dir === folder + name) ?? {};
    // The recordings name the model in the body and spell out fields that are not set.
    const { model, ...accepted } = translated?.body ?? {};
    const expected: unknown = JSON.parse(JSON.stringify(accepted, (_key, value: unknown) => value ?? undefined));
    const target = { provider: "acme", model: String(model), quirks: {} };
    const { body } = gemini.encodeRequest(toRequest(request?.body ?? {}), target);
    expect(JSON.parse(String(body))).toEqual(expected);
  });
});
