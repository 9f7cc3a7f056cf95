import { existsSync, readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { rememberSource } from "../../chat/request.ts";
import type { BackTarget, Json } from "../dialect.ts";
import { isObject } from "../fields.ts";
import { openaiChat } from "../openai-chat/openai-chat.ts";
import { openaiResponses } from "./openai-responses.ts";

// Recorded traffic, kept beside the repository.
const root = fileURLToPath(new URL("../../../../../../shared/fixtures/", import.meta.url));
const isPresent = existsSync(root);

const readRequest = (file: string): readonly [Buffer, Json] | undefined => {
  if (!existsSync(file)) return undefined;
  const bytes = readFileSync(file);
  const body: unknown = JSON.parse(bytes.toString());
  // Of a stored prompt that names the model itself nothing can be routed.
  if (isObject(body) && body["model"] === undefined) return undefined;
  return isObject(body) ? [bytes, body] : undefined;
};

const providers = ["azure", "bedrock-mantle", "deepseek", "llamacpp", "openai", "openrouter", "xai"];
const requests = isPresent
  ? providers.flatMap((provider) =>
      readdirSync(root + provider)
        .filter((name) => name.startsWith("responses-"))
        .flatMap((name) => {
          const read = readRequest(`${root}${provider}/${name}/request.json`);
          return read === undefined ? [] : [[`${provider}/${name}`, ...read] as const];
        }),
    )
  : [];
const answerable = requests.filter(([, , body]) => typeof body["previous_response_id"] !== "string");

const target: BackTarget = { provider: "acme", model: "other", quirks: {} };

const say = (role: unknown, content: unknown): Json => ({
  type: "message",
  role,
  content:
    typeof content === "string"
      ? [{ type: role === "assistant" ? "output_text" : "input_text", text: content }]
      : content,
});

const isEmpty = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** An item less the freedoms of the dialect and what a server says of its own items. */
const plainItem = (item: unknown): unknown => {
  if (!isObject(item)) return item;
  const { type = "message", ...rest } = item;
  switch (type) {
    case "message":
      return say(item["role"], item["content"]);
    case "function_call": {
      const { id: _id, status: _status, ...call } = rest;
      return { type, ...call };
    }
    case "reasoning": {
      const { content, ...reasoning } = rest;
      return { type, ...reasoning, ...(isEmpty(content) ? {} : { content }) };
    }
    default:
      return { type, ...rest };
  }
};

/** Null says no more than that a field is absent. */
const withoutNulls = (body: Json): Json =>
  JSON.parse(JSON.stringify(body, (_name, value: unknown) => (value === null ? undefined : value)));

/** A request less the freedoms of the dialect: a text for a list, instructions for a system message, defaults. */
const plain = (body: Json): unknown => {
  const { input, instructions, model: _model, stream, background, include, tools, ...rest } = body;
  const items = typeof input === "string" ? [say("user", input)] : Array.isArray(input) ? input.map(plainItem) : [];
  const present = Object.entries(rest).filter(([, value]) => value !== null && !isEmpty(value));
  return {
    ...Object.fromEntries(present),
    input: typeof instructions === "string" ? [say("system", instructions), ...items] : items,
    stream: stream === true,
    background: background === true,
    tools: isEmpty(tools) ? undefined : tools,
    // Told to every client.
    include: Array.isArray(include) ? include.filter((name) => name !== "reasoning.encrypted_content") : [],
  };
};

describe.skipIf(!isPresent)("recorded requests (skipped where the recordings are absent)", () => {
  it("finds them", () => expect(answerable.length).toBeGreaterThan(40));

  it.each(answerable)("loses nothing when it is written anew: %s", (_name, _bytes, body) => {
    const { body: written, dropped } = openaiResponses.encodeRequest(openaiResponses.decodeRequest(body), target);
    expect(dropped).toEqual([]);
    expect(plain(JSON.parse(String(written)))).toEqual(plain(withoutNulls(body)));
  });

  it.each(answerable)("goes byte for byte as long as nobody changes it: %s", (_name, bytes, body) => {
    const request = openaiResponses.decodeRequest(body);
    rememberSource(request, { dialect: "openai-responses", bytes, body });
    const own = { ...target, model: String(body["model"]) };
    expect(openaiResponses.encodeRequest(request, own)).toEqual({ path: "/responses", body: bytes, dropped: [] });
  });
});

const translations = isPresent
  ? readdirSync(`${root}translations/openai-chat_to_openai-responses`).flatMap((name) => {
      const directory = `${root}translations/openai-chat_to_openai-responses/${name}`;
      const meta: unknown = JSON.parse(readFileSync(`${directory}/meta.json`, "utf8"));
      const source = readRequest(`${directory}/source.request.json`);
      const wanted = readRequest(`${directory}/target.request.json`);
      const isAccepted = isObject(meta) && meta["accepted"] === true;
      return isAccepted && source !== undefined && wanted !== undefined ? [[name, source[1], wanted[1]] as const] : [];
    })
  : [];

describe.skipIf(!isPresent)("translations a server accepted (skipped where the recordings are absent)", () => {
  it("finds them", () => expect(translations.length).toBeGreaterThan(5));

  it.each(translations)("says the same: %s", (name, source, wanted) => {
    const { body } = openaiResponses.encodeRequest(openaiChat.decodeRequest(source), target);
    const written: Json = JSON.parse(String(body));
    const itemsOf = (of: Json): unknown =>
      (Array.isArray(of["input"]) ? of["input"] : []).map((item: unknown) => plainItem(item));
    const instructions = (of: Json): unknown =>
      typeof of["instructions"] === "string" ? [say("system", of["instructions"])] : [];
    expect([instructions(written), itemsOf(written)].flat(2)).toEqual([instructions(wanted), itemsOf(wanted)].flat(2));
    // A schema goes as the client wrote it, whatever its server says to it.
    const fields = name.includes("missing-required") ? ["reasoning"] : ["text", "reasoning", "tool_choice"];
    for (const field of fields) expect(written[field]).toEqual(wanted[field]);
  });
});
