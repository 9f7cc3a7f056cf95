export { createGateway, defaultStages, isGateway, type ChatOptions, type ChatReply, type Gateway } from "./gateway.ts";
export type { GatewayOptions, Limits, Timeouts } from "./options.ts";
export type { MediaOptions } from "./providers/media/options.ts";
export type { ChatInput, MessageInput } from "./chat-input.ts";
export { dryRunKey } from "./pipeline/dry-run.ts";
export type {
  Estimate,
  ExplainedError,
  ExplainedRefusal,
  ExplainedRequest,
  ExplainedStage,
  ExplainedTarget,
  Explanation,
  SkippedTarget,
} from "./dry-run/explanation.ts";
export {
  GatewayError,
  UpstreamError,
  type GatewayErrorCode,
  type GatewayErrorOptions,
  type UpstreamErrorOptions,
} from "./errors.ts";

export { collect, type Choice, type CollectedReply } from "./chat/collect.ts";
export type {
  ChatEvent,
  CitationEvent,
  EmbeddingEvent,
  EventBatch,
  FinishReason,
  Frame,
  OpaqueEvent,
  ReasoningDelta,
  RefusalDelta,
  ReplyEnd,
  ReplyStart,
  TextDelta,
  ToolCallDelta,
  ToolCallEnd,
  ToolCallStart,
  UsageEvent,
  Vector,
} from "./chat/event.ts";
export type { Exit, Finish, FinishList } from "./chat/finish.ts";
export type {
  AudioPart,
  CacheHint,
  Citation,
  Extras,
  FilePart,
  ImagePart,
  MediaSource,
  Message,
  OpaquePart,
  Part,
  ReasoningPart,
  RefusalPart,
  Role,
  Signature,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from "./chat/message.ts";
export { mapBatches, mapEvents, tap, type MapOptions } from "./chat/map-reply.ts";
export { createReply, events, replyOf, type Reply, type ReplySource } from "./chat/reply.ts";
export type {
  ChatRequest,
  CustomTool,
  EmbeddingPreferences,
  FunctionTool,
  JsonSchema,
  OpaqueTool,
  Operation,
  OutputFormat,
  ReasoningPreferences,
  RoutingPreferences,
  Tool,
  ToolChoice,
} from "./chat/request.ts";
export { createTarget, type Target } from "./chat/target.ts";
export type { TokenCounts, Usage } from "./chat/usage.ts";

export { systemClock, type Clock, type Timer } from "./pipeline/clock.ts";
export {
  createContextKey,
  type Context,
  type ContextChange,
  type ContextKey,
  type Logger,
  type Principal,
} from "./pipeline/context.ts";
export { defineStage, insertAfter, insertBefore, type Next, type Stage } from "./pipeline/stage.ts";

export { normalize, type NormalizeOptions, type RequestDefaults } from "./stages/normalize/normalize.ts";
export { guardrail, type GuardrailOptions } from "./stages/guardrail/guardrail.ts";
export { guardrailFindingsKey, type GuardrailFinding } from "./stages/guardrail/findings.ts";
export {
  allowPatterns,
  denyPatterns,
  type DenyPatternsOptions,
  type PatternOptions,
} from "./stages/guardrail/patterns.ts";
export { pii, type PiiOptions } from "./stages/guardrail/pii/pii.ts";
export type { GuardrailMatch, GuardrailRule } from "./stages/guardrail/rule.ts";
export { cache, type CacheOptions, type CacheScope } from "./stages/cache/cache.ts";
export { cacheControlKey, cacheResultKey, type CacheControl, type CacheResult } from "./stages/cache/context-keys.ts";
export { memoryCacheStore } from "./stages/cache/memory-store.ts";
export type { CacheStore } from "./stages/cache/store.ts";
export { route, type RouteOptions } from "./stages/route/route.ts";
export { promptCache, type PromptCacheOptions } from "./stages/prompt-cache/prompt-cache.ts";
export { attemptsKey, retry, type AttemptRecord, type RetryOptions } from "./stages/retry/retry.ts";
export {
  memoryLedger,
  type Ledger,
  type LedgerRow,
  type LedgerTotals,
  type MemoryLedger,
} from "./stages/meter/ledger.ts";
export { meter, spentKey, type MeterOptions, type Spent } from "./stages/meter/meter.ts";
export { translateStream, type TranslateStreamOptions } from "./stages/translate-stream/translate-stream.ts";
export type { SignatureOptions } from "./stages/translate-stream/signature-options.ts";

export { anthropic } from "./providers/anthropic.ts";
export type { AwsCredentials, AwsCredentialSource } from "./providers/auth/aws-credentials.ts";
export type { GoogleAuthClient, GoogleCredentials, GoogleServiceAccount } from "./providers/auth/google-auth.ts";
export type { UnsignedRequest } from "./providers/auth/sigv4.ts";
export { azureOpenai, type AzureOpenaiOptions } from "./providers/azure.ts";
export { bedrock, type BedrockOptions } from "./providers/bedrock.ts";
export { cohere } from "./providers/cohere.ts";
export type { RowOptions } from "./providers/create-provider.ts";
export { defineProvider } from "./providers/define-provider.ts";
export { gemini } from "./providers/gemini.ts";
export { openai, type OpenaiOptions } from "./providers/openai.ts";
export { ollama } from "./providers/ollama.ts";
export { openaiCompatible, provider } from "./providers/openai-compatible.ts";
export { providersFromEnv } from "./providers/from-env.ts";
export type { OtherApi, ProviderRow } from "./providers/provider-row.ts";
export type { ApiKey, Auth, AuthorizeRequest, KeyAuth, Provider, ProviderOptions } from "./providers/provider.ts";
export { vertex, type VertexOptions } from "./providers/vertex.ts";
export type { Capability, Model, Price, PriceTier } from "./providers/catalog.ts";
export type { ModelsOption, Strategy, TargetOption } from "./providers/models-option.ts";
export type { BreakerOptions } from "./providers/breaker.ts";
export type { HealthOptions, TargetHealth, Unhealthy } from "./providers/health.ts";
export type { Transport, TransportRequest, TransportResponse } from "./transport/transport.ts";

export type { TelemetryOptions, Semconv, Compat } from "./telemetry/options.ts";
export type { CaptureMode } from "./telemetry/content/capture-mode.ts";
export type {
  Content,
  ContentMessage,
  ContentPart,
  ContentTool,
  MediaContent,
  OnContent,
  OutputMessage,
  ToolCallContent,
  ToolResponseContent,
} from "./telemetry/content/content.ts";

export { allowAnyone, type Authenticate, type AuthenticateRequest } from "./http/authenticate.ts";
export type { Body, BodyLimits, Door, Incoming, Outgoing } from "./http/exchange.ts";
export { memoryResponseStore, type MemoryResponseStoreOptions } from "./http/responses/memory-store.ts";
export type { ResponseFacts, ResponseStore } from "./http/responses/store.ts";
