import type { Server } from "node:http";
import type { Gateway, GatewayOptions } from "../../index.ts";

/**
 * What a host can have in front of the gateway, each in the way that is usual there:
 *
 * - `json`, `raw`, `text`: a body parser of that kind. `spent-body`: a middleware that reads the body and leaves nothing behind.
 * - `compression`, `helmet`, `cors`, `uploads` (multipart forms): the host's customary middleware.
 * - `user`: the host's own log-in. Who sends `x-user: ada` is put where the host's applications look for their user, and
 *   the gateway's `authenticate`, which the host sets in place of the setting's, finds `{ id: "ada" }` there; who sends
 *   none is refused with 401.
 * - `prefix`: the gateway can be mounted below a path.
 * - `node`: the gateway sees Node's own request and answers on Node's own response, as `handleNode` does; hosts of the
 *   fetch kind do not have it.
 * - `fall-through`: what the gateway does not serve is answered by the host, with 418 and `METHOD path` as its text.
 */
export type HostFeature =
  | "json"
  | "raw"
  | "text"
  | "spent-body"
  | "compression"
  | "helmet"
  | "cors"
  | "uploads"
  | "user"
  | "prefix"
  | "node"
  | "fall-through";

/** How a test wants its host. */
export interface HostSetting {
  /** Options of the gateway in this host. */
  readonly options: GatewayOptions;
  /** What is in front of the gateway, the first outermost; only features that the host has. */
  readonly before?: readonly HostFeature[];
  /** Path below which the gateway is mounted, like `/llm`; given only where the host has the feature. */
  readonly prefix?: string;
}

/** A host that listens. */
export interface RunningHost {
  /** Listens on a free port of 127.0.0.1. */
  readonly server: Server;
  readonly gateway: Gateway;
  /** What reached the host's own error handler; the gateway never sends anything there. */
  readonly errors: readonly unknown[];
  /** Shuts down as this host customarily does, which drains the gateway. Called once. */
  readonly stop: () => Promise<void>;
}

/** One way of putting a gateway into a Node host, for `testAdapter`. */
export interface AdapterHost {
  /** Like `Express 5`. */
  readonly name: string;
  /** Tests of the features that are missing here are left out. */
  readonly features: ReadonlySet<HostFeature>;
  readonly start: (setting: HostSetting) => Promise<RunningHost>;
}
