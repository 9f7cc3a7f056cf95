import type { Authenticate } from "./http/authenticate.ts";
import type { StreamTimings } from "./http/respond.ts";
import type { ResponseStore } from "./http/responses/store.ts";
import type { Clock } from "./pipeline/clock.ts";
import type { Logger } from "./pipeline/context.ts";
import type { Stage } from "./pipeline/stage.ts";
import type { HealthOptions } from "./providers/health.ts";
import { resolveMediaOptions, type MediaOptions, type MediaSettings } from "./providers/media/options.ts";
import type { ModelsOption } from "./providers/models-option.ts";
import type { Provider } from "./providers/provider.ts";
import { timeoutDefaults, type CallTimeouts } from "./providers/watchdog.ts";
import type { Ledger } from "./stages/meter/ledger.ts";
import { checkCount, checkKnown, checkMs, checkOneOf } from "./check-options.ts";
import { resolveTelemetryOptions, type TelemetryOptions, type TelemetrySettings } from "./telemetry/options.ts";
import type { Transport } from "./transport/transport.ts";

/** What the gateway takes in at most. */
export interface Limits {
  /** Request body in bytes. @default 16_777_216 */
  readonly maxBodyBytes?: number;
  /** Nesting of a request body. @default 64 */
  readonly maxDepth?: number;
  /** Object keys in a request body. @default 10_000 */
  readonly maxKeys?: number;
  /** A provider's whole answer in bytes. @default 16_777_216 */
  readonly maxResponseBytes?: number;
  /** A provider's streamed answer in bytes. @default 67_108_864 */
  readonly maxStreamBytes?: number;
}

/** How long things may take, in milliseconds. */
export interface Timeouts extends CallTimeouts {
  /** A client's request body. @default 15_000 */
  readonly bodyMs?: number;
  /** A request in all. @default 600_000 */
  readonly deadlineMs?: number;
  /** How long the status line of a stream waits for content. @default 10_000 */
  readonly headerHoldMs?: number;
  /** Silence after which a stream to the client is kept alive. @default 15_000 */
  readonly heartbeatMs?: number;
  /** How long a client may leave a stream unread. @default 60_000 */
  readonly writeStallMs?: number;
}

/** Everything is optional: a gateway without options takes its providers from the environment. */
export interface GatewayOptions<Raw = unknown> {
  /** Who can be asked. @default providersFromEnv() */
  readonly providers?: readonly Provider[];
  /** Names clients may ask for, besides `provider/model` and the names of known models. */
  readonly models?: ModelsOption;
  /** The path of a request, or a function that makes it from the default one. @default defaultStages() */
  readonly stages?: readonly Stage[] | ((defaults: Stage[]) => readonly Stage[]);
  /** Who may call. @default the keys in LLM_GATEWAY_KEYS, else only this machine itself */
  readonly authenticate?: Authenticate<Raw>;
  /** Where shared state is kept. */
  readonly stores?: {
    /** Gets a row for every provider call, as memoryLedger() does. @default nobody keeps them */
    readonly ledger?: Ledger;
    /**
     * Keeps answers of the Responses API, each for its caller, so that `previous_response_id` finds them. `false`: none
     * are kept, whatever clients ask for.
     *
     * @default memoryResponseStore()
     */
    readonly responses?: ResponseStore | false;
  };
  readonly limits?: Limits;
  readonly timeouts?: Timeouts;
  /** When targets rest. */
  readonly health?: HealthOptions;
  /**
   * What to do with a parameter the target lacks: leave it out and name it in `x-llm-gateway-dropped`, or refuse the
   * request. By default tuning knobs are left out, and what would change the meaning of the answer is refused.
   */
  readonly unsupported?: "drop" | "refuse";
  /**
   * Which images and files the gateway may fetch for clients that give them by their address, where a provider takes
   * only the data. Such requests are refused by default.
   */
  readonly media?: MediaOptions;
  /** Shows clients what a provider wrote in its errors. @default false */
  readonly exposeUpstreamErrors?: boolean;
  /** What OpenTelemetry is told beside what it always is. Nothing is told where no SDK is registered. */
  readonly telemetry?: TelemetryOptions;
  /**
   * Draws every request when it is over: its stages, provider calls and where the time went, as lines of text. `true`
   * writes them to the console's error output; a function gets them. For development: it costs tens of microseconds.
   *
   * @default false
   */
  readonly debug?: boolean | ((drawing: string) => void);
  /** All time. @default the machine's clock */
  readonly clock?: Clock;
  /** All chance: uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
  /** The way to the providers. @default a pool of keep-alive connections for each of them */
  readonly transport?: Transport;
  /** @default warnings and errors to the console, the rest with NODE_DEBUG=llm-gateway */
  readonly logger?: Logger;
}

const limitDefaults: Required<Limits> = {
  maxBodyBytes: 16 * 1024 * 1024,
  maxDepth: 64,
  maxKeys: 10_000,
  maxResponseBytes: 16 * 1024 * 1024,
  maxStreamBytes: 64 * 1024 * 1024,
};

const edgeTimeoutDefaults = {
  bodyMs: 15_000,
  deadlineMs: 600_000,
  headerHoldMs: 10_000,
  heartbeatMs: 15_000,
  writeStallMs: 60_000,
};

const known = [
  "providers",
  "models",
  "stages",
  "authenticate",
  "stores",
  "limits",
  "timeouts",
  "health",
  "unsupported",
  "media",
  "exposeUpstreamErrors",
  "telemetry",
  "debug",
  "clock",
  "random",
  "transport",
  "logger",
] as const satisfies readonly (keyof GatewayOptions)[];

type Settled<Raw> = Omit<GatewayOptions<Raw>, "limits" | "timeouts" | "telemetry" | "media"> & {
  readonly limits: { readonly maxBytes: number; readonly timeoutMs: number } & Required<Omit<Limits, "maxBodyBytes">>;
  readonly timeouts: Required<CallTimeouts>;
  readonly timings: StreamTimings;
  readonly deadlineMs: number;
  readonly telemetry: TelemetrySettings;
  readonly media: MediaSettings | undefined;
};

/**
 * Options with their defaults, checked.
 *
 * @throws TypeError naming the option that is wrong and how to mend it.
 */
export const resolveOptions = <Raw>(options: GatewayOptions<Raw>): Settled<Raw> => {
  checkKnown(options, "createGateway", known);
  const limits = { ...limitDefaults, ...options.limits };
  checkKnown(limits, "limits", Object.keys(limitDefaults));
  for (const [name, value] of Object.entries(limits)) checkCount(value, `limits.${name}`);

  const allTimeouts = { ...timeoutDefaults, ...edgeTimeoutDefaults };
  const timeouts = { ...allTimeouts, ...options.timeouts };
  checkKnown(timeouts, "timeouts", Object.keys(allTimeouts));
  for (const [name, value] of Object.entries(timeouts)) {
    checkMs(value, `timeouts.${name}`);
    if (value === 0) throw new TypeError(`\`timeouts.${name}\` must be longer than 0 ms.`);
  }
  if (options.unsupported !== undefined) checkOneOf(options.unsupported, "unsupported", ["drop", "refuse"]);
  checkStages(options.stages);
  checkStores(options.stores ?? {});
  if (options.debug !== undefined && typeof options.debug !== "boolean" && typeof options.debug !== "function") {
    throw new TypeError("`debug` must be true, false, or a function that gets each request's drawing.");
  }

  const { bodyMs, deadlineMs, headerHoldMs, heartbeatMs, writeStallMs, ...callTimeouts } = timeouts;
  const { maxBodyBytes, ...otherLimits } = limits;
  return {
    ...options,
    limits: { ...otherLimits, maxBytes: maxBodyBytes, timeoutMs: bodyMs },
    timeouts: callTimeouts,
    timings: { headerHoldMs, heartbeatMs, writeStallMs },
    deadlineMs,
    telemetry: resolveTelemetryOptions(options.telemetry ?? {}, process.env),
    media: options.media === undefined ? undefined : resolveMediaOptions(options.media),
  };
};

const checkStores = (stores: NonNullable<GatewayOptions["stores"]>): void => {
  checkKnown(stores, "stores", ["ledger", "responses"]);
  const { responses } = stores;
  if (responses === undefined || responses === false) return;
  if (![responses.get, responses.set, responses.delete].every((member) => typeof member === "function")) {
    throw new TypeError("`stores.responses` must have get, set and delete, as memoryResponseStore() has, or be false.");
  }
};

const checkStages = (stages: GatewayOptions["stages"]): void => {
  if (stages === undefined || typeof stages === "function") return;
  if (!Array.isArray(stages))
    throw new TypeError("`stages` must be an array of stages, or a function that returns one.");
  for (const [index, stage] of stages.entries()) {
    if (typeof stage?.run !== "function" || typeof stage.name !== "string") {
      throw new TypeError(
        `\`stages[${index}]\` is not a stage: make it with defineStage(name, run), and call factories such as retry().`,
      );
    }
  }
};
