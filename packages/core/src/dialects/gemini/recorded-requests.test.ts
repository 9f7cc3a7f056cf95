import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { rememberSource } from "../../chat/request.ts";
import type { Json } from "../dialect.ts";
import { arrayIn, isObject, objectIn } from "../fields.ts";
import { gemini } from "./gemini.ts";
import { readOpenApiSchema } from "./read-openapi-schema.ts";
import { toJsonSchema } from "./json-schema.ts";

// Recorded traffic, kept beside the repository. Without it only the handwritten requests of the other files are read.
const root = fileURLToPath(new URL("../../../../../../shared/fixtures/", import.meta.url));
const isPresent = existsSync(root);
const address = { model: "gemini/m", stream: false };
const targetOf = (model: string) => ({ provider: "acme", model, quirks: {} });

const read = (name: string): readonly [name: string, bytes: Buffer, body: Json, model: string] | undefined => {
  const file = `${root}${name}/request.json`;
  const meta = existsSync(file) ? JSON.parse(readFileSync(`${root}${name}/meta.json`, "utf8")) : {};
  if (meta.dialect !== "gemini") return undefined;
  const bytes = readFileSync(file);
  return [name, bytes, JSON.parse(bytes.toString()), String(meta.model)];
};

const recordings = isPresent
  ? ["gemini", "vertex"]
      .flatMap((provider) => readdirSync(root + provider).map((name) => read(`${provider}/${name}`)))
      .filter((recording) => recording !== undefined)
  : [];

const camel = (name: string): string =>
  name.replace(/(?<=[a-z])_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Where names are the client's own, or the provider's tools' business. */
const opaque = new Set([
  "args",
  "response",
  "parameters",
  "responseSchema",
  "responseJsonSchema",
  "parametersJsonSchema",
]);

const camelised = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(camelised);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== null)
      .map(([name, field]) => [camel(name), opaque.has(camel(name)) ? field : camelised(field)]),
  );
};

const schemaOf = (holder: Json, openApi: string, json: string): Json => {
  const { [openApi]: old, [json]: plain, ...rest } = holder;
  const schema = isObject(plain) ? plain : isObject(old) ? readOpenApiSchema(old) : undefined;
  if (schema === undefined || Object.keys(objectIn(schema, "properties") ?? { a: 1 }).length === 0) return rest;
  return { ...rest, [json]: toJsonSchema(schema) };
};

const withoutForeignId = (part: Json): Json =>
  Object.fromEntries(
    Object.entries(part).map(([name, value]) => {
      const { id, ...rest } = isObject(value) ? value : {};
      return [name, typeof id === "string" && id.startsWith("call_") ? rest : value];
    }),
  );

/**
 * A request less the freedoms of the dialect: snake_case, the model's name in the body, schemas in OpenAPI, functions over
 * several tools, roles that go without saying, settings that say nothing, one candidate, ids of calls that others made.
 */
const plain = (written: Json): unknown => {
  const { model: _model, ...body } = camelised(written) as Json;
  const tools = arrayIn(body, "tools").filter(isObject);
  const functions = tools.flatMap((tool) => arrayIn(tool, "functionDeclarations")).filter(isObject);
  const others = tools
    .map(({ functionDeclarations: _functions, ...tool }) => tool)
    .filter((tool) => Object.keys(tool).length > 0);
  const declared = functions.map((declaration) =>
    schemaOf({ description: "", ...declaration }, "parameters", "parametersJsonSchema"),
  );
  const config: Record<string, unknown> = schemaOf(
    objectIn(body, "generationConfig") ?? {},
    "responseSchema",
    "responseJsonSchema",
  );
  if (config["candidateCount"] === 1) delete config["candidateCount"];
  const modalities = arrayIn(config, "responseModalities");
  if (modalities.length === 1 && modalities[0] === "TEXT") delete config["responseModalities"];
  const thinking = objectIn(config, "thinkingConfig");
  if (thinking !== undefined) {
    const { includeThoughts = false, thinkingLevel, ...budget } = thinking;
    const level = typeof thinkingLevel === "string" ? { thinkingLevel: thinkingLevel.toUpperCase() } : {};
    config["thinkingConfig"] = { includeThoughts, ...budget, ...level };
  }
  const system = [objectIn(body, "systemInstruction")?.["parts"] ?? []].flat() as Json[];
  const instructions = system.map(({ text }) => ({ text })).filter(({ text }) => text !== "");
  const contents = arrayIn(body, "contents")
    .filter(isObject)
    .map(({ role = "user", parts }) => ({
      role: role === "function" ? "user" : role,
      parts: (Array.isArray(parts) ? parts : [parts]).filter(isObject).map(({ thought, ...part }) => ({
        ...withoutForeignId(part),
        ...(thought === true ? { thought } : {}),
      })),
    }));
  return {
    ...body,
    contents,
    systemInstruction: instructions.length === 0 ? undefined : { parts: instructions },
    tools:
      tools.length === 0
        ? undefined
        : [...(declared.length === 0 ? [] : [{ functionDeclarations: declared }]), ...others],
    generationConfig: Object.keys(config).length === 0 ? undefined : config,
  };
};

describe.skipIf(!isPresent)("recorded requests (skipped where the recordings are absent)", () => {
  it("are there", () => expect(recordings.length).toBeGreaterThan(40));

  it.each(recordings)("%s goes on as it came", (_name, bytes, body) => {
    const request = gemini.decodeRequest(body, address);
    rememberSource(request, { dialect: "gemini", bytes, body });
    const { model: _model, ...rest } = body;
    const { body: sent } = gemini.encodeRequest(request, targetOf("gemini-2.5-flash"));
    expect(JSON.parse(Buffer.from(sent).toString())).toEqual(rest);
    expect(sent === bytes).toBe(!("model" in body));
  });

  it.each(recordings)("%s means the same when it is written anew", (_name, _bytes, body, model) => {
    const { body: sent, dropped } = gemini.encodeRequest(gemini.decodeRequest(body, address), targetOf(model));
    expect(dropped).toEqual([]);
    expect(plain(JSON.parse(String(sent)))).toEqual(plain(body));
  });
});
