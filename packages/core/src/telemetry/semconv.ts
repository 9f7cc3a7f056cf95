/**
 * Every span and attribute name the gateway emits. `gen_ai.*`, `http.*`, `server.*` and `error.type` follow the
 * OpenTelemetry semantic conventions (GenAI v1.41); what is ours starts with `llm_gateway.`.
 */
export const spanName = {
  gateway: (operation: string): string => `llm_gateway ${operation}`,
  stage: (stage: string): string => `llm_gateway.stage ${stage}`,
  guard: (guard: string): string => `llm_gateway.guard ${guard}`,
  inference: (operation: string, model: string): string => `${operation} ${model}`,
} as const;

/** A span's name for people who know that it is the gateway's. */
export const shortName = (name: string): string => name.replace(/^llm_gateway\.(stage|guard) /, "");

export const attribute = {
  operation: "llm_gateway.operation",
  dialect: "llm_gateway.dialect",
  requestStream: "llm_gateway.request.stream",
  provider: "llm_gateway.provider",
  model: "llm_gateway.model",
  tenant: "llm_gateway.tenant",
  userId: "user.id",
  sessionId: "session.id",
  outcome: "llm_gateway.outcome",
  target: "llm_gateway.target",
  attemptCount: "llm_gateway.attempt.count",
  fallbackCount: "llm_gateway.fallback.count",
  attemptReason: "llm_gateway.attempt.reason",
  usageInputTokens: "llm_gateway.usage.input_tokens",
  usageOutputTokens: "llm_gateway.usage.output_tokens",
  usageEstimated: "llm_gateway.usage.estimated",
  costAmount: "llm_gateway.cost.amount",
  costCurrency: "llm_gateway.cost.currency",
  costSource: "llm_gateway.cost.source",
  timeToFirstChunk: "llm_gateway.time_to_first_chunk",

  stageName: "llm_gateway.stage.name",
  stagePhase: "llm_gateway.stage.phase",
  stageIndex: "llm_gateway.stage.index",
  stageOutcome: "llm_gateway.stage.outcome",
  stageBusyTime: "llm_gateway.stage.busy_time",
  chunksIn: "llm_gateway.stream.chunks_in",
  chunksOut: "llm_gateway.stream.chunks_out",

  droppedParams: "llm_gateway.normalize.dropped_params",
  repairs: "llm_gateway.normalize.repairs",
  requestMessages: "llm_gateway.request.messages",
  requestTools: "llm_gateway.request.tools",
  requestEstimatedTokens: "llm_gateway.request.estimated_tokens",
  guardrailName: "llm_gateway.guardrail.name",
  guardrailVerdict: "llm_gateway.guardrail.verdict",
  guardrailDirection: "llm_gateway.guardrail.direction",
  guardrailFindings: "llm_gateway.guardrail.findings",
  guardrailCategories: "llm_gateway.guardrail.categories",
  cacheResult: "llm_gateway.cache.result",
  cacheKind: "llm_gateway.cache.kind",
  cacheAge: "llm_gateway.cache.age",
  cacheKey: "llm_gateway.cache.key",
  cacheStored: "llm_gateway.cache.stored",
  cacheSavedTokens: "llm_gateway.cache.saved_tokens",
  promptCacheMarks: "llm_gateway.prompt_cache.marks",
  promptCacheKey: "llm_gateway.prompt_cache.key",
  promptCacheSkipped: "llm_gateway.prompt_cache.skipped",
  signaturesRestored: "llm_gateway.signatures.restored",
  signaturesWithheld: "llm_gateway.signatures.withheld",
  routeName: "llm_gateway.route.name",
  routeStrategy: "llm_gateway.route.strategy",
  routeTargets: "llm_gateway.route.targets",
  routeSkipped: "llm_gateway.route.skipped",
  schemaVerdict: "llm_gateway.schema.verdict",
  retryDelay: "llm_gateway.retry.delay",
  retryAfter: "llm_gateway.retry.retry_after",
  upstreamRequestId: "llm_gateway.upstream.request_id",

  genAiOperation: "gen_ai.operation.name",
  genAiProvider: "gen_ai.provider.name",
  genAiConversationId: "gen_ai.conversation.id",
  genAiRequestModel: "gen_ai.request.model",
  genAiRequestStream: "gen_ai.request.stream",
  genAiMaxTokens: "gen_ai.request.max_tokens",
  genAiTemperature: "gen_ai.request.temperature",
  genAiTopP: "gen_ai.request.top_p",
  genAiTopK: "gen_ai.request.top_k",
  genAiFrequencyPenalty: "gen_ai.request.frequency_penalty",
  genAiPresencePenalty: "gen_ai.request.presence_penalty",
  genAiStopSequences: "gen_ai.request.stop_sequences",
  genAiSeed: "gen_ai.request.seed",
  genAiChoiceCount: "gen_ai.request.choice.count",
  genAiOutputType: "gen_ai.output.type",
  genAiResponseId: "gen_ai.response.id",
  genAiResponseModel: "gen_ai.response.model",
  genAiFinishReasons: "gen_ai.response.finish_reasons",
  genAiTimeToFirstChunk: "gen_ai.response.time_to_first_chunk",
  genAiInputTokens: "gen_ai.usage.input_tokens",
  genAiOutputTokens: "gen_ai.usage.output_tokens",
  genAiCacheReadTokens: "gen_ai.usage.cache_read.input_tokens",
  genAiCacheCreationTokens: "gen_ai.usage.cache_creation.input_tokens",
  genAiCacheWriteTokens: "gen_ai.usage.cache_write.input_tokens",
  genAiReasoningTokens: "gen_ai.usage.reasoning.output_tokens",
  genAiSystemInstructions: "gen_ai.system_instructions",
  genAiInputMessages: "gen_ai.input.messages",
  genAiOutputMessages: "gen_ai.output.messages",
  genAiToolDefinitions: "gen_ai.tool.definitions",
  genAiTokenType: "gen_ai.token.type",
  genAiTokenModality: "gen_ai.token.modality",

  errorType: "error.type",
  exceptionType: "exception.type",
  httpMethod: "http.request.method",
  httpStatus: "http.response.status_code",
  httpResendCount: "http.request.resend_count",
  serverAddress: "server.address",
  serverPort: "server.port",
  urlFull: "url.full",

  /** Only for the backends that ask for them. */
  openinferenceSpanKind: "openinference.span.kind",
  langfuseTraceName: "langfuse.trace.name",
  langfuseCompletionStart: "langfuse.observation.completion_start_time",
  genAiUsageCost: "gen_ai.usage.cost",
} as const;

/** A dialect as telemetry names it: `openai.chat`. */
export const dialectName = (dialect: string): string => dialect.replace("-", ".");

/**
 * Attributes of the gateway span that samplers may decide by. Made for every request, also where nobody records it, so
 * the names are written out: an object whose names are computed takes ten times as long to make.
 */
export const gatewayAttributes = (
  requestId: string,
  operation: string,
  dialect: string,
  model: string | undefined,
  stream: boolean | undefined,
): Readonly<Record<string, string | boolean>> =>
  model === undefined || stream === undefined
    ? {
        "llm_gateway.request.id": requestId,
        "llm_gateway.operation": operation,
        "llm_gateway.dialect": dialectName(dialect),
      }
    : {
        "llm_gateway.request.id": requestId,
        "llm_gateway.operation": operation,
        "llm_gateway.dialect": dialectName(dialect),
        "llm_gateway.request.model": model,
        "llm_gateway.request.stream": stream,
      };

/** The methods that the HTTP conventions know; clients may write any other word. */
const httpMethods: ReadonlySet<string> = new Set(
  "CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE".split(" "),
);

/** What it has besides where no instrumentation of the host stands above it. */
export const serverAttributes = (
  { method, path, scheme }: { readonly method: string; readonly path: string; readonly scheme: string },
  route: string,
): Readonly<Record<string, string>> => ({
  "http.request.method": httpMethods.has(method) ? method : "_OTHER",
  "http.route": route,
  "url.path": path,
  "url.scheme": scheme,
});

export const spanEvent = {
  firstChunk: "llm_gateway.first_chunk",
  retry: "llm_gateway.retry",
  fallback: "llm_gateway.fallback",
  breaker: "llm_gateway.breaker",
  clientDisconnected: "llm_gateway.client_disconnected",
  exception: "exception",
} as const;

/** Names of log records. */
export const logEvent = {
  inferenceDetails: "gen_ai.client.inference.operation.details",
} as const;

export const metric = {
  requestActive: "llm_gateway.request.active",
  requestDuration: "llm_gateway.request.duration",
  requestTimeToFirstChunk: "llm_gateway.request.time_to_first_chunk",
  stageDuration: "llm_gateway.stage.duration",
  attempts: "llm_gateway.attempts",
  cacheLookups: "llm_gateway.cache.lookups",
  cacheSavedTokens: "llm_gateway.cache.saved_tokens",
  guardrailVerdicts: "llm_gateway.guardrail.verdicts",
  cost: "llm_gateway.cost",
  breakerState: "llm_gateway.breaker.state",
  /** Of an inference, by the version of the conventions. */
  inference: {
    "v1.41": {
      duration: "gen_ai.client.operation.duration",
      timeToFirstChunk: "gen_ai.client.operation.time_to_first_chunk",
      timePerOutputChunk: "gen_ai.client.operation.time_per_output_chunk",
    },
    next: {
      duration: "gen_ai.client.inference.duration",
      timeToFirstChunk: "gen_ai.client.inference.time_to_first_chunk",
      timePerOutputChunk: "gen_ai.client.inference.time_per_output_chunk",
    },
  },
  /** v1.41 has one histogram for all tokens. */
  tokenUsage: "gen_ai.client.token.usage",
  /** Its successor has a counter for each kind. */
  tokens: {
    input: "gen_ai.client.inference.usage.input_tokens",
    output: "gen_ai.client.inference.usage.output_tokens",
    cacheRead: "gen_ai.client.inference.usage.cache_read.input_tokens",
    cacheWrite: "gen_ai.client.inference.usage.cache_write.input_tokens",
    reasoning: "gen_ai.client.inference.usage.reasoning.output_tokens",
  },
} as const;
