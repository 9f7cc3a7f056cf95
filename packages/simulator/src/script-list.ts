import { findFault, type RequestedFault } from "./faults/fault-table.ts";
import type { ProviderId } from "./providers/provider.ts";
import { readRecording } from "./recording.ts";
import { bodyPlan, bytesPlan } from "./script-plan.ts";
import type { ByteDelivery, Script, ScriptedReply } from "./script.ts";
import type { Plan } from "./wire/plan.ts";

/** What a script comes to once it has been checked. */
export type Behaviour =
  | { readonly type: "reply"; readonly reply: ScriptedReply }
  | { readonly type: "fault"; readonly fault: RequestedFault }
  | { readonly type: "plan"; readonly plan: Plan };

interface Entry {
  readonly script: Script;
  readonly behaviour: Behaviour;
  left: number;
}

/** The scripts that were given and are not used up. */
export interface ScriptList {
  /** @throws TypeError when a script says nothing or too much; Error when a recording cannot be read. */
  readonly add: (script: Script) => void;
  /** The behaviour for a request, counted as used; undefined when no script is for it. Replies are only given to chats. */
  readonly take: (provider: ProviderId, model: string, isChat: boolean) => Behaviour | undefined;
  readonly clear: () => void;
}

const checkDelivery = ({ cutAt, chunkSizes }: ByteDelivery): void => {
  if (cutAt !== undefined && (!Number.isInteger(cutAt) || cutAt < 0)) {
    throw new TypeError(`\`script.cutAt\` must be a whole number of bytes, got ${cutAt}`);
  }
  if (chunkSizes?.some((size) => !Number.isInteger(size) || size < 1) === true) {
    throw new TypeError(`\`script.chunkSizes\` must be positive whole numbers, got ${chunkSizes.join(", ")}`);
  }
};

const behaviourOf = (script: Script): Behaviour => {
  const given = ["reply", "fault", "recording", "body"].filter((name) => name in script);
  if (given.length !== 1) {
    throw new TypeError(
      `a script must have one of reply, fault, recording and body, got ${given.join(" and ") || "none"}`,
    );
  }
  if ("reply" in script) return { type: "reply", reply: script.reply };
  if ("fault" in script) return { type: "fault", fault: findFault(script.fault.replace(/^fault:/u, "")) };
  if ("recording" in script) {
    checkDelivery(script);
    const { head, bytes } = readRecording(script.recording);
    return { type: "plan", plan: bytesPlan(head, bytes, script) };
  }
  checkDelivery(script.body);
  return { type: "plan", plan: bodyPlan(script.body) };
};

/** Makes an empty list. */
export const createScriptList = (): ScriptList => {
  let entries: readonly Entry[] = [];
  return {
    add: (script) => {
      const behaviour = behaviourOf(script);
      const times = script.times ?? (behaviour.type === "fault" ? behaviour.fault.times : Infinity);
      if (times !== Infinity && (!Number.isInteger(times) || times < 1)) {
        throw new TypeError(`\`script.times\` must be a positive integer, got ${times}`);
      }
      entries = [...entries, { script, behaviour, left: times }];
    },
    take: (provider, model, isChat) => {
      const entry = entries.find(
        ({ script, behaviour }) =>
          (script.provider ?? provider) === provider &&
          (script.model ?? model) === model &&
          (isChat || behaviour.type !== "reply"),
      );
      if (entry === undefined) return undefined;
      entry.left--;
      if (entry.left === 0) entries = entries.filter((other) => other !== entry);
      return entry.behaviour;
    },
    clear: () => {
      entries = [];
    },
  };
};
