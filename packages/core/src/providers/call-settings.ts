import { createContextKey, type ContextKey } from "../pipeline/context.ts";
import type { Transport } from "../transport/transport.ts";
import type { CallTimeouts } from "./watchdog.ts";

/** What every provider call needs besides its context. */
export interface CallSettings {
  readonly transport: Transport;
  readonly timeouts: Required<CallTimeouts>;
  /** Largest whole answer, in bytes. */
  readonly maxResponseBytes: number;
  /** Largest streamed answer, in bytes. */
  readonly maxStreamBytes: number;
  readonly unsupported?: "drop" | "refuse";
}

export const callSettingsKey: ContextKey<CallSettings> = createContextKey("call settings");
