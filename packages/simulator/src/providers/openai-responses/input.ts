import { isRecord } from "../../json.ts";
import type { Block, Turn } from "../../model/prompt.ts";
import type { Signer } from "../../model/signature.ts";
import { refuse } from "../../problem.ts";
import { isRole, readContent, toolOutput } from "./parts.ts";
import type { Item } from "./shelf.ts";

/** What the sealed content of every thought is signed with: it is not bound to what is shown of it. */
export const sealedThought = "encrypted_content";

/** What an item of the input comes to. */
interface ReadItem {
  readonly turn: Turn;
  readonly block: Block;
}

const assistantTurn: Turn = { role: "assistant", text: "", attachments: 0, results: [] };

const calls: Readonly<Record<string, { readonly text: string; readonly output: string }>> = {
  function_call: { text: "arguments", output: "function_call_output" },
  custom_tool_call: { text: "input", output: "custom_tool_call_output" },
};

/** Items of tools that run at the provider, and other things that come back as they were received. */
const isForeign = (type: string): boolean =>
  /_call(?:_output)?$|^mcp_|^compaction|^additional_tools$|^configuration_update$|^program|^tool_search/u.test(type);

const readMessage = (item: Item, at: string): ReadItem => {
  const { role } = item;
  if (!isRole(role)) return refuse(`Invalid value: '${String(role)}' for '${at}.role'.`, `${at}.role`);
  const content = readContent(item["content"], role, `${at}.content`);
  const spoken = role === "developer" ? "system" : role;
  return {
    turn: {
      ...content,
      role: spoken === "system" || spoken === "assistant" ? spoken : "user",
      results: [],
    },
    block: content,
  };
};

const readThought = (item: Item, at: string, signer: Signer): ReadItem => {
  if (!Array.isArray(item["summary"])) {
    refuse(`Missing required parameter: '${at}.summary'.`, `${at}.summary`, "missing_required_parameter");
  }
  const sealed = item["encrypted_content"];
  if (typeof sealed === "string" && !signer.verify(sealed, sealedThought)) {
    refuse(
      `The encrypted content for item ${String(item["id"])} could not be verified.`,
      at,
      "invalid_encrypted_content",
    );
  }
  return { turn: assistantTurn, block: { text: String(sealed ?? "") } };
};

/** Reads the items of an input in turn, and remembers which calls wait for their output. */
const createReader = (signer: Signer) => {
  const open = new Map<string, string>();

  const readCall = (item: Item, at: string, textName: string): ReadItem => {
    const text = item[textName];
    for (const name of ["call_id", "name", textName]) {
      if (typeof item[name] !== "string") {
        refuse(`Missing required parameter: '${at}.${name}'.`, `${at}.${name}`, "missing_required_parameter");
      }
    }
    open.set(String(item["call_id"]), String(item["name"]));
    return { turn: assistantTurn, block: { text: `${String(item["name"])}\n${String(text)}` } };
  };

  const readOutput = (item: Item, at: string): ReadItem => {
    const id = String(item["call_id"]);
    const tool = open.get(id);
    if (tool === undefined) return refuse(`No tool call found for function call output with call_id ${id}.`, "input");
    open.delete(id);
    const content = readContent(item["output"], toolOutput, `${at}.output`);
    return {
      turn: { role: "user", text: "", attachments: content.attachments, results: [{ tool, text: content.text }] },
      block: content,
    };
  };

  const read = (item: Item, at: string): ReadItem => {
    const type = String(item["type"] ?? "message");
    if (type === "message") return readMessage(item, at);
    if (type === "reasoning") return readThought(item, at, signer);
    const call = Object.hasOwn(calls, type) ? calls[type] : undefined;
    if (call !== undefined) return readCall(item, at, call.text);
    if (Object.values(calls).some(({ output }) => output === type)) return readOutput(item, at);
    if (isForeign(type)) return { turn: assistantTurn, block: { text: type } };
    return refuse(`Invalid value: '${type}' for '${at}.type'.`, `${at}.type`);
  };

  const checkAnswered = (): void => {
    const [id] = open.keys();
    if (id !== undefined) refuse(`No tool output found for function call ${id}.`, "input");
  };

  return { read, checkAnswered };
};

const isThought = (item: Item | undefined): boolean => item?.["type"] === "reasoning";

/** A thought belongs to what it led to: words of the model's own, or a call. */
const checkThoughts = (items: readonly Item[]): void => {
  for (const [index, item] of items.entries()) {
    if (!isThought(item)) continue;
    const next = items.slice(index + 1).find((other) => !isThought(other));
    const isOwn = next !== undefined && (next["role"] === "assistant" || /_call$|^mcp_/u.test(String(next["type"])));
    if (!isOwn) {
      refuse(
        `Item '${String(item["id"])}' of type 'reasoning' was provided without its required following item.`,
        "input",
      );
    }
  }
};

/** The items of an `input` field. A string is a message of the user. @throws Refusal for anything else. */
export const itemsOf = (input: unknown): readonly Item[] => {
  if (typeof input === "string") return [{ type: "message", role: "user", content: input }];
  if (!Array.isArray(input)) {
    return refuse("Missing required parameter: 'input'.", "input", "missing_required_parameter");
  }
  return input.map((item: unknown, index) =>
    isRecord(item)
      ? item
      : refuse(`Invalid type for 'input[${index}]': expected an object.`, `input[${index}]`, "invalid_type"),
  );
};

/**
 * Reads and checks the items of a conversation: their parts, that every call has its output and every thought what it
 * led to.
 *
 * @throws Refusal at the first item that is wrong.
 */
export const readItems = (
  items: readonly Item[],
  signer: Signer,
): { readonly turns: readonly Turn[]; readonly blocks: readonly Block[] } => {
  const { read, checkAnswered } = createReader(signer);
  const all = items.map((item, index) => read(item, `input[${index}]`));
  checkAnswered();
  checkThoughts(items);
  return { turns: all.map(({ turn }) => turn), blocks: all.map(({ block }) => block) };
};
