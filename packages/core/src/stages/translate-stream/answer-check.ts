import type { ChatEvent, EventBatch, FinishReason } from "../../chat/event.ts";
import { mapBatches } from "../../chat/map-reply.ts";
import { replyOf, readBatches, type Reply } from "../../chat/reply.ts";
import type { ChatRequest, OutputFormat } from "../../chat/request.ts";
import type { Usage } from "../../chat/usage.ts";
import { isObject } from "../../dialects/fields.ts";
import { UpstreamError } from "../../errors.ts";
import { createContextKey, type Context, type ContextKey } from "../../pipeline/context.ts";
import { attribute } from "../../telemetry/semconv.ts";
import { loadValidator, type SchemaVerdict, type ValidateSchema } from "./schema-validator.ts";

/** What became of the form a client asked its answer to have. */
export const schemaVerdictKey: ContextKey<SchemaVerdict["verdict"] | undefined> = createContextKey("schema verdict");

type Format = Exclude<OutputFormat, { type: "text" }>;

/** The form the answer must have; `undefined` where any will do. */
export const formatToCheck = ({ outputFormat }: ChatRequest): Format | undefined =>
  outputFormat === undefined || outputFormat.type === "text" ? undefined : outputFormat;

/**
 * Holds a reply to the form its client asked for, whatever the provider was told of it: providers take parts of JSON
 * Schema, and some take none. An answer that has another form is an error where the client asked for a strict schema,
 * and marked where it did not. A whole answer is checked before it begins, so that another may be asked for.
 */
export const checkAnswer = async (reply: Reply, format: Format, context: Context): Promise<Reply> => {
  const validate = format.type === "json" ? undefined : await loadValidator();
  if (format.type === "json-schema" && validate === undefined && format.strict === true) warnOnce(context);
  const check = new AnswerCheck(format, validate, context);
  return context.request.stream ? checkedAtEnd(reply, check) : await checkedAtOnce(reply, check);
};

const checkedAtEnd = (reply: Reply, check: AnswerCheck): Reply =>
  mapBatches(
    reply,
    (batch) => {
      check.see(batch);
      return batch;
    },
    { flush: () => check.conclude() },
  );

const checkedAtOnce = async (reply: Reply, check: AnswerCheck): Promise<Reply> => {
  const batches: EventBatch[] = [];
  await readBatches(reply, (batch) => {
    check.see(batch);
    batches.push(batch);
  });
  check.conclude();
  return replyOf(batches, reply.target);
};

interface Choice {
  text: string;
  isRefused: boolean;
  finishReason?: FinishReason;
}

/** Gathers what each choice says, and judges it when all is said. */
class AnswerCheck {
  readonly #format: Format;
  readonly #validate: ValidateSchema | undefined;
  readonly #context: Context;
  readonly #choices = new Map<number, Choice>();
  #usage: Usage | undefined;

  constructor(format: Format, validate: ValidateSchema | undefined, context: Context) {
    this.#format = format;
    this.#validate = validate;
    this.#context = context;
  }

  see(batch: EventBatch): void {
    for (const event of batch) this.#seeOne(event);
  }

  #seeOne(event: ChatEvent): void {
    switch (event.type) {
      case "usage":
        this.#usage = event.usage;
        return;
      case "text-delta":
        this.#choice(event.choice).text += event.text;
        return;
      case "refusal-delta":
        this.#choice(event.choice).isRefused = true;
        return;
      case "reply-end":
        this.#choice(event.choice).finishReason = event.finishReason;
        return;
      default:
    }
  }

  #choice(index: number): Choice {
    const choice = this.#choices.get(index) ?? { text: "", isRefused: false };
    this.#choices.set(index, choice);
    return choice;
  }

  /** @throws UpstreamError `upstream_invalid_response` where the client asked for a strict schema and got another form. */
  conclude(): void {
    const verdicts = [...this.#choices.values()].filter(isWhole).map(({ text }) => this.#judge(text));
    const invalid = verdicts.find((verdict) => verdict.verdict === "invalid");
    const { verdict } = invalid ?? verdicts.find((one) => one.verdict === "unchecked") ?? verdicts[0] ?? {};
    const { span, target } = this.#context;
    // Also where there is none: what an earlier attempt brought says nothing of this one.
    this.#context.set(schemaVerdictKey, verdict);
    if (verdict !== undefined && span.isRecording()) span.setAttribute(attribute.schemaVerdict, verdict);
    if (invalid === undefined || this.#format.type === "json" || this.#format.strict !== true) return;
    const provider = target?.provider ?? "The provider";
    throw new UpstreamError(
      "upstream_invalid_response",
      `${provider} gave an answer that is not valid under the schema it was asked for (at ${invalid.place}).`,
      {
        provider,
        // Asked again, the model may well do better, and the target itself is in good health.
        retries: 1,
        health: "neutral",
        ...(this.#usage === undefined ? {} : { usage: this.#usage }),
      },
    );
  }

  #judge(text: string): SchemaVerdict {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return { verdict: "invalid", place: "#" };
    }
    if (this.#format.type === "json")
      return isObject(value) ? { verdict: "valid" } : { verdict: "invalid", place: "#" };
    return this.#validate?.(this.#format.schema, value) ?? { verdict: "unchecked" };
  }
}

/** What was cut, refused, or is a call of the client's tools has no form to be held to. */
const isWhole = ({ finishReason, isRefused }: Choice): boolean => finishReason === "stop" && !isRefused;

let isWarned = false;

const warnOnce = ({ logger }: Context): void => {
  if (isWarned) return;
  isWarned = true;
  logger.warn(
    "A client asked for an answer under a strict schema, and answers are only checked where the package @cfworker/json-schema is installed.",
  );
};
