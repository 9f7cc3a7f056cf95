import {
  INVALID_SPAN_CONTEXT,
  type Attributes,
  type AttributeValue,
  type Span,
  type SpanContext,
} from "@opentelemetry/api";
import { deriveContext, type Context } from "../pipeline/context.ts";
import type { Stage } from "../pipeline/stage.ts";
import type { ExplainedStage, ExplainedTarget } from "./explanation.ts";
import { goOn } from "./go-on.ts";

/** How far a request came. */
export interface Trail {
  readonly stages: ExplainedStage[];
  answeredBy?: string;
  /** As the innermost stage reached so far sees the request. */
  context: Context;
  /** Whom the stages asked, by id. */
  readonly targets: Map<string, ExplainedTarget>;
  /** Somebody would have been asked. */
  asked: boolean;
}

/** Follows requests through a stage, and on behind it where it answers by itself. */
export const watchStage = (stage: Stage, trail: Trail): Stage => {
  const span = new AttributeSpan();
  let reached = false;
  const followed = goOn(stage, () => {
    // Nothing behind the stages answers in a dry run, so this answer is the stage's own.
    if (!trail.asked) trail.answeredBy ??= stage.name;
  });
  return {
    ...stage,
    run: (context, next) => {
      trail.context = context;
      // The innermost stages are run once for each target.
      if (!reached) trail.stages.push({ stage: stage.name, attributes: span.attributes });
      reached = true;
      return followed.run(deriveContext(context, { span }), next);
    },
  };
};

/** A span that goes nowhere: what a stage says of itself is read from it. */
class AttributeSpan implements Span {
  readonly attributes: Attributes = {};

  setAttribute(key: string, value: AttributeValue): this {
    this.attributes[key] = value;
    return this;
  }
  setAttributes(attributes: Attributes): this {
    Object.assign(this.attributes, attributes);
    return this;
  }
  isRecording(): boolean {
    return true;
  }
  spanContext(): SpanContext {
    return INVALID_SPAN_CONTEXT;
  }
  addEvent(): this {
    return this;
  }
  addLink(): this {
    return this;
  }
  addLinks(): this {
    return this;
  }
  setStatus(): this {
    return this;
  }
  updateName(): this {
    return this;
  }
  recordException(): void {}
  end(): void {}
}
