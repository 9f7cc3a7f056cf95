import type { MediaSource, Message, Part, TextPart } from "../../chat/message.ts";
import { inspectJson, inspectText, inspectTexts, type Inspection } from "./inspect-text.ts";
import { visitAll, withChanges } from "./sharing.ts";

type Walk<T> = Generator<void, T>;

export function* inspectMessage(message: Message, inspection: Inspection): Walk<Message> {
  yield* inspectJson(inspection, message.extras, false);
  return withChanges(message, {
    parts: yield* inspectParts(message.parts, inspection),
    name: message.name && (yield* inspectName(message.name, inspection)),
  });
}

/** Providers take only letters, digits, `_` and `-` in a name. */
function* inspectName(name: string, inspection: Inspection): Walk<string> {
  const result = yield* inspectText(inspection, name);
  return result === name ? name : result.replace(/[[\]]/g, "_");
}

/** Text parts are read as one text: what is split between two of them is one thing to the model. */
function* inspectParts(parts: readonly Part[], inspection: Inspection): Walk<readonly Part[]> {
  const texts = parts.filter((part) => part.type === "text");
  const results = yield* inspectTexts(
    inspection,
    texts.map(({ text }) => text),
  );
  let next = 0;
  return yield* visitAll(parts, (part) => {
    const result = part.type === "text" ? results[next++] : undefined;
    return inspectPart(part, result, inspection);
  });
}

function* inspectPart(part: Part, newText: string | undefined, inspection: Inspection): Walk<Part> {
  yield* inspectJson(inspection, part.extras, false);
  switch (part.type) {
    case "text":
      return yield* inspectTextPart(part, newText ?? part.text, inspection);
    case "refusal":
      return withChanges(part, { text: yield* inspectText(inspection, part.text) });
    case "reasoning": {
      const text = yield* inspectText(inspection, part.text);
      if (text === part.text) return part;
      // The proof is of the old text: with the new one it would only be refused.
      const { signature: _signature, ...rest } = part;
      return { ...rest, text };
    }
    case "image":
    case "audio":
      return withChanges(part, { source: yield* inspectSource(part.source, inspection) });
    case "file":
      return withChanges(part, {
        source: yield* inspectSource(part.source, inspection),
        filename: part.filename && (yield* inspectText(inspection, part.filename)),
        title: part.title && (yield* inspectText(inspection, part.title)),
        context: part.context && (yield* inspectText(inspection, part.context)),
      });
    case "tool-call": {
      yield* inspectText(inspection, part.name, { replaceable: false });
      const form = part.kind === "function" ? "json" : "plain";
      return withChanges(part, { arguments: yield* inspectText(inspection, part.arguments, { form }) });
    }
    case "tool-result":
      if (part.name !== undefined) yield* inspectText(inspection, part.name, { replaceable: false });
      return withChanges(part, { content: yield* inspectParts(part.content, inspection) });
    default:
      // Opaque, or of a type that came into being later: only inspected.
      yield* inspectJson(inspection, part, false);
      return part;
  }
}

function* inspectTextPart(part: TextPart, text: string, inspection: Inspection): Walk<TextPart> {
  const citations = part.citations && (yield* inspectJson(inspection, part.citations));
  if (text === part.text) return withChanges(part, { citations });
  const { signature: _signature, ...rest } = part;
  return withChanges<TextPart>({ ...rest, text }, { citations });
}

const textual = /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml)\b)/i;

/** Addresses are inspected like any text: one that is redacted can not be fetched, and gives nothing away. */
function* inspectSource(source: MediaSource, inspection: Inspection): Walk<MediaSource> {
  switch (source.type) {
    case "url":
      return withChanges(source, { url: yield* inspectText(inspection, source.url) });
    case "text":
      return withChanges(source, { text: yield* inspectText(inspection, source.text) });
    case "base64": {
      if (!textual.test(source.mediaType)) return source;
      const text = Buffer.from(source.data, "base64").toString();
      const result = yield* inspectText(inspection, text);
      return result === text ? source : { ...source, data: Buffer.from(result).toString("base64") };
    }
    case "file-id":
      return source;
  }
}
