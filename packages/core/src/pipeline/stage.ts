import type { Reply } from "../chat/reply.ts";
import type { Context, ContextChange } from "./context.ts";

/**
 * Runs the stages inside this one and brings their reply. May be called once, again (retry, hedge) or never (cache
 * hit, block). Resolves when the provider accepted and the first event is in hand: a rejection may be retried, a
 * failure after that is thrown by the reply and may not.
 */
export type Next = (change?: ContextChange) => Promise<Reply>;

/** One stop on the path. Array order is nesting order: a stage that works on the reply acts on the way out. */
export interface Stage {
  readonly name: string;
  /** `enclose`: its span stays open around the inner stages, whose spans nest in it. */
  readonly span?: "enclose";
  readonly run: (context: Context, next: Next) => Promise<Reply>;
}

/**
 * Makes a stage.
 *
 * @example
 * const announce = defineStage("announce", async (context, next) => {
 *   console.log(context.request.model);
 *   return await next();
 * });
 */
export const defineStage = (name: string, run: Stage["run"], options: { readonly span?: "enclose" } = {}): Stage => {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    throw new TypeError(`A stage's name must be in kebab-case like "my-stage", got ${JSON.stringify(name)}.`);
  }
  return { name, run, ...options };
};

/** Puts a stage before the one of that name. */
export const insertBefore = (stages: readonly Stage[], name: string, stage: Stage): Stage[] =>
  insertAt(stages, name, stage, 0);

/** Puts a stage after (that is: inside) the one of that name. */
export const insertAfter = (stages: readonly Stage[], name: string, stage: Stage): Stage[] =>
  insertAt(stages, name, stage, 1);

const insertAt = (stages: readonly Stage[], name: string, stage: Stage, offset: number): Stage[] => {
  const index = stages.findIndex((candidate) => candidate.name === name);
  if (index === -1) {
    const names = stages.map((candidate) => `"${candidate.name}"`).join(", ");
    throw new TypeError(`There is no stage "${name}" to insert "${stage.name}" beside; there are ${names}.`);
  }
  return stages.toSpliced(index + offset, 0, stage);
};
