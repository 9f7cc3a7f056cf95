import type {
  LanguageModelV4Content,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";
import { events, type Reply } from "@llm-gateway/core";
import { createPartWriter } from "./part-writer.ts";

/**
 * A reply read to its end, folded from the parts that a stream of it would have.
 *
 * @throws GatewayError where the provider failed on the way.
 */
export const toResult = async (reply: Reply): Promise<Omit<LanguageModelV4GenerateResult, "warnings">> => {
  const writer = createPartWriter(reply.target);
  const content = createContentFolder();
  let response: LanguageModelV4GenerateResult["response"] = {};
  for await (const event of events(reply)) {
    for (const part of writer.write(event)) {
      if (part.type === "response-metadata") response = fieldsOf(part);
      else content.push(part);
    }
  }
  return { content: content.result, response, ...fieldsOf(writer.finish()) };
};

const fieldsOf = <T extends { readonly type: string }>({ type: _type, ...fields }: T): Omit<T, "type"> => fields;

const createContentFolder = () => {
  const result: LanguageModelV4Content[] = [];
  /** The text or reasoning that is going on: there is never more than one. */
  let block: Extract<LanguageModelV4Content, { type: "text" | "reasoning" }> | undefined;

  const begin = (fresh: NonNullable<typeof block>): void => {
    block = fresh;
    result.push(fresh);
  };
  const push = (part: LanguageModelV4StreamPart): void => {
    switch (part.type) {
      case "text-start":
        return begin({ type: "text", text: "" });
      case "reasoning-start":
        return begin({ type: "reasoning", text: "" });
      case "text-delta":
      case "reasoning-delta":
        if (block !== undefined) block.text += part.delta;
        return;
      case "text-end":
      case "reasoning-end": {
        const { id: _id, ...end } = fieldsOf(part);
        if (block !== undefined) Object.assign(block, end);
        return;
      }
      case "tool-call":
      case "source":
        result.push(part);
    }
  };
  return { result, push };
};
