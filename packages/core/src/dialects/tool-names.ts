import type { Message, Part } from "../chat/message.ts";
import type { ChatRequest, Tool, ToolChoice } from "../chat/request.ts";
import { toLegalName } from "./tool-ids.ts";

/** What most providers take for a tool's name. */
const common = /^[a-zA-Z0-9_-]{1,64}$/;

/** Names from other dialects that are longer than this, or hold other letters, get one that all providers take. */
const toName = (name: string): string => toLegalName(name, 64);

/**
 * The request with names for its tools that the provider takes, wherever they are named; itself where it has no others.
 * `translate-stream` gives the client its own names back.
 */
export const withLegalNames = (request: ChatRequest, legal: RegExp = common): ChatRequest => {
  if (!namesOf(request).some((name) => !legal.test(name))) return request;
  const rename = (name: string): string => (legal.test(name) ? name : toName(name));
  const { tools, toolChoice } = request;
  return {
    ...request,
    messages: request.messages.map((message) => renameIn(message, rename)),
    ...(tools === undefined ? {} : { tools: tools.map((tool) => renameTool(tool, rename)) }),
    ...(toolChoice === undefined ? {} : { toolChoice: renameChoice(toolChoice, rename) }),
  };
};

/** The client's names for tools by those that providers may know them under; `undefined` where they are all the same. */
export const clientNames = ({ tools = [] }: ChatRequest): ReadonlyMap<string, string> | undefined => {
  let names: Map<string, string> | undefined;
  for (const tool of tools) {
    if (tool.type === "opaque" || common.test(tool.name)) continue;
    names ??= new Map();
    names.set(toName(tool.name), tool.name);
  }
  return names;
};

type Rename = (name: string) => string;

const namesOf = ({ tools = [], messages }: ChatRequest): readonly string[] => [
  ...tools.flatMap((tool) => (tool.type === "opaque" ? [] : [tool.name])),
  ...messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "tool-call" ? [part.name] : []))),
];

const renameIn = (message: Message, rename: Rename): Message => ({
  ...message,
  parts: message.parts.map((part) => renamePart(part, rename)),
});

const renamePart = (part: Part, rename: Rename): Part =>
  part.type === "tool-call" || (part.type === "tool-result" && part.name !== undefined)
    ? { ...part, name: rename(part.name ?? "") }
    : part;

const renameTool = (tool: Tool, rename: Rename): Tool =>
  tool.type === "opaque" ? tool : { ...tool, name: rename(tool.name) };

const renameChoice = (choice: ToolChoice, rename: Rename): ToolChoice => {
  if (choice.type === "tool") return { ...choice, name: rename(choice.name) };
  return choice.type === "allowed" ? { ...choice, names: choice.names.map(rename) } : choice;
};
