import { asArray, isRecord, without, type JsonRecord } from "../../json.ts";
import { refuse, Refusal } from "../../problem.ts";
import type { Call } from "../provider.ts";

/** A conversation that is held between requests, so that each of them brings only what is new. */
interface Thread {
  /** The request as if it had brought the whole of it. */
  readonly body: unknown;
  /** Holds the conversation under the name of the reply. */
  readonly keep: (reply: JsonRecord) => void;
}

const beta = "message-threads-2026-08-12";

/** What a thread was begun with stays as it was. */
const fixed = ["system", "tools"] as const;

interface Held {
  readonly fixed: JsonRecord;
  readonly messages: readonly unknown[];
}

const isHeld = (kept: unknown): kept is Held => isRecord(kept) && Array.isArray(kept["messages"]);

const refuseThread = (kind: "not-found" | "invalid-request", code: string, message: string): never => {
  throw new Refusal({ kind, code, message });
};

/** The whole of a request that goes on from an earlier reply. */
const goOn = (body: JsonRecord, previous: unknown, { shelf }: Call): JsonRecord => {
  const again = fixed.find((name) => body[name] !== undefined);
  if (again !== undefined) refuse("may only be given when a thread is created", again);
  const held = typeof previous === "string" ? shelf.get(previous) : undefined;
  if (held === "continued") {
    return refuseThread("invalid-request", "thread_already_continued", "The thread has already been continued.");
  }
  if (!isHeld(held)) return refuseThread("not-found", "thread_not_found", "thread: not found");
  shelf.put(String(previous), "continued");
  return { ...body, ...held.fixed, messages: [...held.messages, ...asArray(body["messages"])] };
};

/** @throws Refusal for a thread that is not there, or that this client may not ask for. */
export const threadOf = (call: Call): Thread => {
  const { body, headers, shelf } = call;
  const thread = isRecord(body) ? (body["thread"] ?? undefined) : undefined;
  if (!isRecord(body) || thread === undefined) return { body, keep: () => undefined };
  if (!String(headers["anthropic-beta"] ?? "").includes(beta)) refuse("Extra inputs are not permitted", "thread");
  const type = isRecord(thread) ? thread["type"] : undefined;
  if (!isRecord(thread) || (type !== "create" && type !== "continue")) {
    return refuse("Input tag is not one of 'create', 'continue'", "thread");
  }
  const own = without(body, "thread");
  const whole = type === "create" ? own : goOn(own, thread["previous_message_id"], call);
  const kept = Object.fromEntries(fixed.flatMap((name) => (whole[name] === undefined ? [] : [[name, whole[name]]])));
  return {
    body: whole,
    keep: ({ id, role, content }) => {
      shelf.put(String(id), { fixed: kept, messages: [...asArray(whole["messages"]), { role, content }] });
    },
  };
};
