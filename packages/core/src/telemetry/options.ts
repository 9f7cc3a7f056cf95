import { checkCount, checkKnown, checkOneOf } from "../check-options.ts";
import { resolveCaptureDefault, type CaptureMode } from "./content/capture-mode.ts";
import type { OnContent } from "./content/content.ts";

/** What the gateway tells OpenTelemetry, beside what it always does. */
export interface TelemetryOptions {
  /** Stages with spans of their own: all, none, or those of these names. @default "all" */
  readonly stages?: "all" | "none" | readonly string[];
  /**
   * `false`: who calls does not decide in which trace a request is told. Its span begins a trace of its own, with a link
   * to the caller's. Where the host's own instrumentation has opened a span, that decides.
   *
   * @default true
   */
  readonly trustIncoming?: boolean;
  /**
   * Hosts of own providers that are sent `traceparent` and `tracestate`, such as self-hosted models: names like
   * `models.internal`, or `*.internal` for all names below it. Nobody else is sent anything.
   *
   * @default []
   */
  readonly propagateTo?: readonly string[];
  /** Entries of the caller's baggage that become attributes of the gateway span. @default [] */
  readonly baggageKeys?: readonly string[];
  /**
   * Header in which clients name the session that a request belongs to; `false`: none. A `session_id` in the body of a
   * chat completion goes before it. It is told as it comes, so it must not be what sessions are secured with.
   *
   * @default "x-session-id"
   */
  readonly sessionHeader?: string | false;
  /** Names the trace in the header `x-llm-gateway-trace-id`. @default true */
  readonly exposeTraceId?: boolean;
  /** Also tells metrics apart by these: every caller is then a series of its own. @default [] */
  readonly metricLabels?: readonly ("tenant" | "user")[];
  /**
   * Puts what was said on the inference span, into a log record (`event`), or both: prompts and answers then leave this
   * process with your telemetry. Taken behind the guardrails, so what they redact stays redacted.
   *
   * @default what OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT says, else "none"
   */
  readonly captureContent?: CaptureMode;
  /** Bytes that each captured list may take; longer texts in it are cut. @default 32_768 */
  readonly maxContentBytes?: number;
  /** Sees what was said in every traced inference, and may rewrite it, drop it or take it elsewhere. */
  readonly onContent?: OnContent;
  /**
   * Which names are used for what the GenAI conventions are about to rename.
   *
   * @default "v1.41", or "next" where OTEL_SEMCONV_STABILITY_OPT_IN holds `gen_ai_latest_experimental`
   */
  readonly semconv?: Semconv;
  /** Attributes that these backends want beside the conventions'. @default [] */
  readonly compat?: readonly Compat[];
}

export type Semconv = "v1.41" | "next";
export type Compat = "openinference" | "langfuse";

export type TelemetrySettings = Required<Omit<TelemetryOptions, "onContent">> & Pick<TelemetryOptions, "onContent">;

const known = [
  "stages",
  "trustIncoming",
  "propagateTo",
  "baggageKeys",
  "sessionHeader",
  "exposeTraceId",
  "metricLabels",
  "captureContent",
  "maxContentBytes",
  "onContent",
  "semconv",
  "compat",
] as const satisfies readonly (keyof TelemetryOptions)[];

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Options with their defaults, checked.
 *
 * @throws TypeError naming the option that is wrong and how to mend it.
 */
export const resolveTelemetryOptions = (options: TelemetryOptions, env: Environment): TelemetrySettings => {
  checkKnown(options, "telemetry", known);
  const settings: TelemetrySettings = {
    stages: "all",
    trustIncoming: true,
    propagateTo: [],
    baggageKeys: [],
    sessionHeader: "x-session-id",
    exposeTraceId: true,
    metricLabels: [],
    captureContent: resolveCaptureDefault(env),
    maxContentBytes: 32 * 1024,
    semconv: optsIn(env) ? "next" : "v1.41",
    compat: [],
    ...options,
  };
  if (!Array.isArray(settings.stages)) checkOneOf(settings.stages, "telemetry.stages", ["all", "none"]);
  else checkNames(settings.stages, "stages");
  checkFlag(settings.trustIncoming, "trustIncoming");
  checkNames(settings.propagateTo, "propagateTo");
  for (const host of settings.propagateTo) checkHost(host);
  checkNames(settings.baggageKeys, "baggageKeys");
  checkHeader(settings.sessionHeader, "sessionHeader");
  checkFlag(settings.exposeTraceId, "exposeTraceId");
  checkNames(settings.metricLabels, "metricLabels");
  for (const label of settings.metricLabels) checkOneOf(label, "telemetry.metricLabels[]", ["tenant", "user"]);
  checkOneOf(settings.captureContent, "telemetry.captureContent", ["none", "span", "event", "both"]);
  checkCount(settings.maxContentBytes, "telemetry.maxContentBytes");
  if (settings.onContent !== undefined && typeof settings.onContent !== "function") {
    throw new TypeError("`telemetry.onContent` must be a function of a span and what was said.");
  }
  checkOneOf(settings.semconv, "telemetry.semconv", ["v1.41", "next"]);
  checkNames(settings.compat, "compat");
  for (const name of settings.compat) checkOneOf(name, "telemetry.compat[]", ["openinference", "langfuse"]);
  return settings;
};

const optsIn = (env: Environment): boolean =>
  (env["OTEL_SEMCONV_STABILITY_OPT_IN"] ?? "").split(",").some((word) => word.trim() === "gen_ai_latest_experimental");

const checkFlag = (value: unknown, name: string): void => {
  if (typeof value !== "boolean") throw new TypeError(`\`telemetry.${name}\` must be true or false.`);
};

const checkHeader = (value: unknown, name: string): void => {
  if (value === false || (typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(value))) return;
  throw new TypeError(`\`telemetry.${name}\` must be the name of a header, or false.`);
};

const checkNames = (value: unknown, name: string): void => {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string" && item !== "")) {
    throw new TypeError(`\`telemetry.${name}\` must be an array of names.`);
  }
};

const checkHost = (host: string): void => {
  if (!/^(\*\.)?[a-z0-9.-]+$/i.test(host)) {
    throw new TypeError(
      `\`telemetry.propagateTo\` takes hosts like "models.internal" or "*.internal", not ${JSON.stringify(host)}.`,
    );
  }
};
