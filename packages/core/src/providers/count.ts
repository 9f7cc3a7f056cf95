import { isObject } from "../dialects/fields.ts";
import { UpstreamError } from "../errors.ts";
import { Cancellation, unlessCancelled } from "../pipeline/cancellation.ts";
import { requireValue, type Context } from "../pipeline/context.ts";
import { untraced } from "../telemetry/untraced.ts";
import { CallRequest } from "./call-request.ts";
import { callSettingsKey } from "./call-settings.ts";
import { calleeOf } from "./callee.ts";
import { withMedia } from "./media/with-media.ts";
import { parseLoosely, readBody } from "./read-body.ts";
import { refusal } from "./refusal.ts";
import { Watchdog } from "./watchdog.ts";
import { credentialOf, writeRequest } from "./write-request.ts";

/** What a provider says of the length of a prompt. */
export interface ProviderCount {
  readonly inputTokens: number;
  /** Its answer as it came. */
  readonly answer: { readonly dialect: string; readonly body: Uint8Array };
}

/**
 * Asks the context's target how many tokens the request is; `undefined` where it has nobody to ask.
 *
 * @throws UpstreamError for everything that goes wrong with the provider, or the cancellation's reason.
 */
export const countAtProvider = async (context: Context): Promise<ProviderCount | undefined> => {
  const { clock, cancellation } = context;
  const { target, provider, dialect: own } = calleeOf(context);
  const { id } = provider;
  const dialect = own.count === undefined ? provider.counter : own;
  if (dialect?.count === undefined) return undefined;
  const { count } = dialect;
  const settings = requireValue(context, callSettingsKey);
  const credential = await unlessCancelled(Promise.resolve(credentialOf(provider, clock)), cancellation);
  const sent = await withMedia(context, { target, provider, dialect });
  const { url, headers, body } = writeRequest(sent, target, provider, count, credential, settings.unsupported);

  const call = new Cancellation();
  const stop = (reason: unknown): void => call.cancel(reason);
  cancellation.add(stop);
  const watchdog = new Watchdog(clock, settings.timeouts, false, id, stop);
  try {
    const response = await untraced(() => settings.transport.send(new CallRequest(url, headers, body, call)));
    if (response.status < 200 || response.status >= 300) throw await refusal(response, id, dialect);
    const bytes = await readBody(response.body, settings.maxResponseBytes, id, watchdog);
    const said = parseLoosely(bytes);
    const inputTokens = isObject(said) ? count.decodeReply(said) : undefined;
    if (inputTokens !== undefined) return { inputTokens, answer: { dialect: dialect.id, body: bytes } };
    throw new UpstreamError("upstream_invalid_response", `${id} did not say how many tokens there are.`, {
      provider: id,
      upstreamStatus: response.status,
    });
  } catch (error) {
    call.cancel(error);
    throw error;
  } finally {
    watchdog.stop();
    cancellation.remove(stop);
  }
};
