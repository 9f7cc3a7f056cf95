import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { rememberSource } from "../../chat/request.ts";
import { replaceModel } from "../replace-model.ts";
import { anthropicMessages } from "./anthropic-messages.ts";

// Recorded traffic, kept beside the repository. Without it only the handwritten fixtures of the other files are read.
const root = fileURLToPath(new URL("../../../../../../shared/fixtures/", import.meta.url));
const isPresent = existsSync(root);

interface Block extends Readonly<Record<string, unknown>> {
  readonly type: string;
  readonly content?: string | readonly Block[];
}

interface Body extends Readonly<Record<string, unknown>> {
  readonly model: string;
  readonly system?: string | readonly Block[];
  readonly messages: readonly { readonly role: string; readonly content: string | readonly Block[] }[];
}

interface Recording {
  readonly name: string;
  readonly bytes: Buffer;
  readonly body: Body;
}

const read = (name: string): Recording | undefined => {
  const file = `${root}${name}/request.json`;
  if (!existsSync(file)) return undefined;
  const bytes = readFileSync(file);
  return { name, bytes, body: JSON.parse(bytes.toString()) };
};

const recordings = isPresent
  ? ["anthropic", "azure", "bedrock", "vertex"]
      .flatMap((provider) =>
        readdirSync(root + provider)
          .filter((name) => name.startsWith("messages-"))
          .map((name) => read(`${provider}/${name}`)),
      )
      .filter((recording) => recording !== undefined)
  : [];
// Cloud platforms name the model in the path.
const named = recordings.filter(({ body }) => body.model !== undefined);

const toBlocks = (content: string | readonly Block[]): readonly Block[] =>
  typeof content === "string" ? [{ type: "text", text: content }] : content;

const isResult = ({ type }: Block): boolean => type === "tool_result";

/**
 * A request less the freedoms of the dialect: a text for a list of one text, results before other content, an empty
 * list of tools, a deprecated name, and values that say nothing.
 */
const plain = ({ output_format: format, ...body }: Body): unknown => {
  const messages = body.messages.map(({ content, ...message }) => {
    const blocks = toBlocks(content).map((block) =>
      isResult(block) && block.content !== undefined ? { ...block, content: toBlocks(block.content) } : block,
    );
    return { ...message, content: [...blocks.filter(isResult), ...blocks.filter((block) => !isResult(block))] };
  });
  const fields: Readonly<Record<string, unknown>> = {
    ...body,
    ...(body.system === undefined ? {} : { system: toBlocks(body.system) }),
    ...(format === undefined ? {} : { output_config: { format } }),
    messages,
  };
  const empty = new Set(['["tools",[]]', '["temperature",1]', '["stream",false]']);
  return Object.fromEntries(Object.entries(fields).filter((field) => !empty.has(JSON.stringify(field))));
};

describe.skipIf(!isPresent)("recorded requests (skipped where the recordings are absent)", () => {
  it("are there", () => {
    expect(recordings.length).toBeGreaterThan(40);
  });

  it.each(named)("keep their bytes where nobody changed them: $name", ({ bytes, body }) => {
    const request = anthropicMessages.decodeRequest(body);
    rememberSource(request, { dialect: "anthropic-messages", bytes, body });
    const encode = (model: string) => anthropicMessages.encodeRequest(request, { provider: "a", model, quirks: {} });
    expect(encode(body.model)).toMatchObject({ path: "/messages", body: bytes, dropped: [] });
    const renamed = encode("another-model").body;
    expect(renamed).toEqual(replaceModel(bytes, body, "another-model"));
    expect(JSON.parse(Buffer.from(renamed).toString())).toEqual({ ...body, model: "another-model" });
  });

  it.each(recordings)("keep their meaning where somebody did: $name", ({ body: recorded }) => {
    const body = { ...recorded, model: recorded.model ?? "claude-sonnet-4-5" };
    const request = anthropicMessages.decodeRequest(body);
    const { body: written } = anthropicMessages.encodeRequest(request, {
      provider: "a",
      model: body.model,
      quirks: {},
    });
    expect(plain(JSON.parse(String(written)))).toEqual(plain(body));
  });
});
