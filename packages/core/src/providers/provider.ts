import type { ChatRequest } from "../chat/request.ts";
import type { BackDialect } from "../dialects/dialect.ts";
import type { Quirks } from "../dialects/quirks.ts";
import type { UnsignedRequest } from "./auth/sigv4.ts";
import type { Model } from "./catalog.ts";

/** How a provider wants to be shown the key. */
export type KeyAuth =
  | { readonly type: "bearer" }
  | { readonly type: "header"; readonly name: string; readonly scheme?: string }
  | { readonly type: "query"; readonly name: string }
  | { readonly type: "none" };

/** The headers that show who is asking: a signature of one request, or a token and what goes with it. */
export type AuthorizeRequest = (request: UnsignedRequest, epochMs: number) => Readonly<Record<string, string>>;

/**
 * How a provider is shown who is asking: by a key, or by credentials that make headers for each request. What those
 * need is fetched before the request is written, and their secrets stay in the closure.
 */
export type Auth =
  | KeyAuth
  | {
      readonly type: "credentials";
      readonly authorizer: (epochMs: number) => AuthorizeRequest | Promise<AuthorizeRequest>;
    };

/** A key, or where to get one. A function is called for each provider call, so it may rotate keys. */
export type ApiKey = string | (() => string | Promise<string>);

/** Finds the dialect of one model, by its name in the provider's own words and by what is asked of it. */
export type DialectOfModel = (model: string, request: ChatRequest) => BackDialect | undefined;

/** Who and where, as data: what `openai()`, `provider("groq")` and the like return. */
export interface Provider {
  /** Prefix of its targets: `id/model`. */
  readonly id: string;
  /** `gen_ai.provider.name` in telemetry. */
  readonly telemetryName: string;
  /** How it is spoken to. */
  readonly dialect: BackDialect;
  /** How it is asked for embeddings; absent where it has none. */
  readonly embeddings?: BackDialect;
  /** The dialect of a model that speaks another one, `undefined` for all that do not. */
  readonly dialectOfModel?: DialectOfModel;
  /** The dialect in which it is asked to count tokens, where a model's own cannot ask for that. */
  readonly counter?: BackDialect;
  /** Without a trailing slash. */
  readonly baseURL: string;
  /** What every address has behind its path: `api-version=2024-10-21`. */
  readonly query?: string;
  readonly auth: Auth;
  /** Never printed: a closure gives it out to the call only. */
  readonly apiKey?: () => string | Promise<string>;
  readonly headers: Readonly<Record<string, string>>;
  readonly quirks: Quirks;
  /** Models clients may ask for by bare name, with what is known of them. */
  readonly models: ReadonlyMap<string, Model>;
}

/** Options every provider factory takes. */
export interface ProviderOptions {
  /** Name in targets and telemetry; two providers of one gateway must differ. @default the provider's own id */
  readonly id?: string;
  /** @default the provider's customary environment variable */
  readonly apiKey?: ApiKey;
  /**
   * A token that is shown in place of a key, as `authorization: Bearer`: of Microsoft Entra, Google Cloud or another
   * identity provider. A function is called for each provider call, so it should keep its token while that is good.
   */
  readonly accessToken?: ApiKey;
  /** https only, except for loopback names. @default the provider's own address, or its `…_BASE_URL` variable */
  readonly baseURL?: string;
  /** Allows a plain http `baseURL` that is not loopback. @default false */
  readonly allowHttp?: boolean;
  /** Sent with every call; wins over the gateway's own headers, but not over authentication. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Models beside the catalog's, or corrections to it. A name alone declares a model nothing is known of. */
  readonly models?: readonly (string | (Partial<Model> & { readonly id: string }))[];
  /** Corrections to what the table says of the server. */
  readonly quirks?: Quirks;
}
