import type { ChatRequest, OutputFormat, Tool } from "../../chat/request.ts";
import { inspectMessage } from "./inspect-message.ts";
import { inspectJson, inspectText, type Inspection } from "./inspect-text.ts";
import { withChanges, visitAll } from "./sharing.ts";

type Walk<T> = Generator<void, T>;

/**
 * Looks through everything in a request that can carry text to a provider or its model. Gives the request itself where
 * nothing is to be replaced, else a new one that shares what did not change.
 */
export function* inspectRequest(request: ChatRequest, inspection: Inspection): Walk<ChatRequest> {
  const { messages, tools, outputFormat, stop, user, metadata, audio, extras } = request;
  // What nobody here understands can not be changed by anybody here either.
  yield* inspectJson(inspection, [audio, extras], false);
  return withChanges(request, {
    messages: yield* visitAll(messages, (message) => inspectMessage(message, inspection)),
    tools: tools && (yield* visitAll(tools, (tool) => inspectTool(tool, inspection))),
    outputFormat: outputFormat && (yield* inspectOutputFormat(outputFormat, inspection)),
    stop: stop && (yield* visitAll(stop, (text) => inspectText(inspection, text))),
    user: user && (yield* inspectText(inspection, user)),
    metadata: metadata && (yield* inspectJson(inspection, metadata)),
  });
}

function* inspectTool(tool: Tool, inspection: Inspection): Walk<Tool> {
  if (tool.type === "opaque") {
    yield* inspectJson(inspection, tool.value, false);
    return tool;
  }
  // A tool of another name would be called in vain.
  yield* inspectText(inspection, tool.name, { replaceable: false });
  yield* inspectJson(inspection, tool.extras, false);
  const description = tool.description && (yield* inspectText(inspection, tool.description));
  return tool.type === "function"
    ? withChanges(tool, { description, parameters: yield* inspectJson(inspection, tool.parameters) })
    : withChanges(tool, { description, format: yield* inspectJson(inspection, tool.format) });
}

function* inspectOutputFormat(format: OutputFormat, inspection: Inspection): Walk<OutputFormat> {
  if (format.type !== "json-schema") return format;
  if (format.name !== undefined) yield* inspectText(inspection, format.name, { replaceable: false });
  return withChanges(format, {
    description: format.description && (yield* inspectText(inspection, format.description)),
    schema: yield* inspectJson(inspection, format.schema),
  });
}
