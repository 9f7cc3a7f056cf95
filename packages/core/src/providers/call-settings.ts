import { createContextKey, type ContextKey } from "../pipeline/context.ts";
import type { Transport } from "../transport/transport.ts";
import type { MediaSettings } from "./media/options.ts";
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
  /** What may be fetched for clients, and the way there; absent where nothing may. */
  readonly media?: { readonly settings: MediaSettings; readonly transport: Transport };
}

export const callSettingsKey: ContextKey<CallSettings> = createContextKey("call settings");
