import type { CollectedReply } from "../../chat/collect.ts";
import type { Part } from "../../chat/message.ts";
import { UpstreamError } from "../../errors.ts";
import type { EncodeOptions } from "../dialect.ts";
import { isObject, present } from "../fields.ts";
import { writeEnd } from "./endings.ts";
import { dialectId } from "./identity.ts";
import { isItem } from "./item-mark.ts";
import { createOutputBuilder, type OutputBuilder } from "./output-builder.ts";
import { createResponseObject } from "./response-object.ts";

const tellNobody = (): void => undefined;

/**
 * Writes a whole response.
 *
 * @throws UpstreamError `upstream_error` where the provider gave up.
 */
export const encodeReply = (reply: CollectedReply, options: EncodeOptions): string => {
  const [choice] = reply.choices;
  if (choice === undefined || choice.finishReason === "error") {
    throw new UpstreamError("upstream_error", "The provider gave up before the answer was complete.");
  }
  const builder = createOutputBuilder(options.requestId, tellNobody);
  // The probabilities are those of the whole text, which nearly always is one part.
  const firstText = choice.parts.findIndex(({ type }) => type === "text");
  choice.parts.forEach((part, index) =>
    writePart(builder, part, index, index === firstText ? choice.logprobs : undefined),
  );
  for (const citation of choice.citations) builder.write({ type: "citation", choice: 0, citation });
  const { status, incomplete_details } = writeEnd(choice);
  builder.end(status === "completed" ? "completed" : "incomplete");
  return JSON.stringify(
    createResponseObject(reply, options)({ status, incomplete_details, output: builder.output(), usage: reply.usage }),
  );
};

const writePart = (
  builder: OutputBuilder,
  part: Part,
  index: number,
  logprobs: readonly unknown[] | undefined,
): void => {
  switch (part.type) {
    case "text":
      return builder.write(
        present({
          type: "text-delta" as const,
          choice: 0,
          text: part.text,
          block: index,
          logprobs,
          signature: part.signature,
        }),
      );
    case "refusal":
      return builder.write({ type: "refusal-delta", choice: 0, text: part.text });
    case "reasoning": {
      const { text, summary, signature, encrypted, id } = part;
      return builder.write(
        present({ type: "reasoning-delta" as const, choice: 0, block: index, text, summary, signature, encrypted, id }),
      );
    }
    case "tool-call": {
      const { id, name, kind, signature } = part;
      builder.write(present({ type: "tool-call-start" as const, choice: 0, index, id, name, kind, signature }));
      builder.write({ type: "tool-call-delta", choice: 0, index, arguments: part.arguments });
      return builder.write({ type: "tool-call-end", choice: 0, index });
    }
    case "opaque":
      if (part.dialect !== dialectId && part.image !== undefined) return builder.image(part.image);
      return isItem(part) && isObject(part.value) ? builder.opaqueItem(part.value, index) : undefined;
    default:
      return undefined;
  }
};
