/**
 * Every span and attribute name the gateway emits. `gen_ai.*`, `http.*`, `server.*` and `error.type` follow the
 * OpenTelemetry semantic conventions (GenAI v1.41); what is ours starts with `llm_gateway.`.
 */
export const spanName = {
  gateway: (operation: string): string => `llm_gateway ${operation}`,
  stage: (stage: string): string => `llm_gateway.stage ${stage}`,
  inference: (operation: string, model: string): string => `${operation} ${model}`,
} as const;

export const attribute = {
  tenant: "llm_gateway.tenant",
  userId: "user.id",
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
  chunksOut: "llm_gateway.stream.chunks_out",

  droppedParams: "llm_gateway.normalize.dropped_params",
  repairs: "llm_gateway.normalize.repairs",
  requestMessages: "llm_gateway.request.messages",
  requestTools: "llm_gateway.request.tools",
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
  routeName: "llm_gateway.route.name",
  routeStrategy: "llm_gateway.route.strategy",
  routeTargets: "llm_gateway.route.targets",
  routeSkipped: "llm_gateway.route.skipped",
  retryDelay: "llm_gateway.retry.delay",
  retryAfter: "llm_gateway.retry.retry_after",
  upstreamRequestId: "llm_gateway.upstream.request_id",

  genAiOperation: "gen_ai.operation.name",
  genAiProvider: "gen_ai.provider.name",
  genAiRequestModel: "gen_ai.request.model",
  genAiRequestStream: "gen_ai.request.stream",
  genAiMaxTokens: "gen_ai.request.max_tokens",
  genAiTemperature: "gen_ai.request.temperature",
  genAiTopP: "gen_ai.request.top_p",
  genAiResponseId: "gen_ai.response.id",
  genAiResponseModel: "gen_ai.response.model",
  genAiFinishReasons: "gen_ai.response.finish_reasons",
  genAiTimeToFirstChunk: "gen_ai.response.time_to_first_chunk",
  genAiInputTokens: "gen_ai.usage.input_tokens",
  genAiOutputTokens: "gen_ai.usage.output_tokens",
  genAiCacheReadTokens: "gen_ai.usage.cache_read.input_tokens",
  genAiCacheWriteTokens: "gen_ai.usage.cache_creation.input_tokens",
  genAiReasoningTokens: "gen_ai.usage.reasoning.output_tokens",

  errorType: "error.type",
  httpMethod: "http.request.method",
  httpStatus: "http.response.status_code",
  httpResendCount: "http.request.resend_count",
  serverAddress: "server.address",
  serverPort: "server.port",
  urlFull: "url.full",
} as const;

/**
 * Attributes of the gateway span that samplers may decide by. Made for every request, also where nobody records it, so
 * the names are written out: an object whose names are computed takes ten times as long to make.
 */
export const gatewayAttributes = (
  requestId: string,
  dialect: string,
  model: string,
  stream: boolean,
): Readonly<Record<string, string | boolean>> => ({
  "llm_gateway.request.id": requestId,
  "llm_gateway.operation": "chat",
  "llm_gateway.dialect": dialect,
  "llm_gateway.request.model": model,
  "llm_gateway.request.stream": stream,
});

export const spanEvent = {
  firstChunk: "llm_gateway.first_chunk",
  retry: "llm_gateway.retry",
  fallback: "llm_gateway.fallback",
  breaker: "llm_gateway.breaker",
  clientDisconnected: "llm_gateway.client_disconnected",
} as const;
