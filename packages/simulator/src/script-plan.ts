import type { Answer, Choice } from "./model/answer.ts";
import type { InputUsage } from "./model/prompt-cache.ts";
import type { Prompt } from "./model/prompt.ts";
import { countUsage } from "./model/think.ts";
import type { ByteDelivery, ScriptedBody, ScriptedReply } from "./script.ts";
import { output, type Head, type Plan } from "./wire/plan.ts";
import { splitBytes } from "./wire/split-bytes.ts";

const choiceOf = (reply: ScriptedReply): Choice => {
  const calls = (reply.toolCalls ?? []).map((call) => ({
    name: call.name,
    argumentsText: typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments),
    freeText: false,
  }));
  return {
    reasoning: reply.reasoning ?? "",
    showsReasoning: true,
    text: reply.text ?? "",
    calls,
    finish: calls.length > 0 ? "tool-calls" : "stop",
    stopSequence: null,
    ...(reply.finishReason === undefined ? {} : { finishWord: reply.finishReason }),
  };
};

/** The answer that a scripted reply stands for, once for each choice that was asked for. */
export const answerOfReply = (reply: ScriptedReply, prompt: Prompt, input: InputUsage): Answer => {
  const choices = Array.from({ length: prompt.choices }, () => choiceOf(reply));
  return { seed: prompt.seed, model: prompt.model, choices, usage: { ...countUsage(input, choices), ...reply.usage } };
};

/** The bytes of an answer sent as they are. */
export const bytesPlan = (head: Head, bytes: Uint8Array, delivery: ByteDelivery): Plan => {
  const kept = bytes.subarray(0, delivery.cutAt ?? bytes.length);
  return {
    head,
    pieces: splitBytes(kept, delivery.chunkSizes ?? []).map(output),
    ending: delivery.how === "destroy" ? "close" : "end",
    separateWrites: true,
  };
};

/** The plan of a scripted body. */
export const bodyPlan = (body: ScriptedBody): Plan =>
  bytesPlan({ status: body.status ?? 200, headers: { ...body.headers } }, Buffer.from(body.bytes), body);
