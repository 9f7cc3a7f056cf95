import type { JSONObject, SharedV4ProviderMetadata, SharedV4ProviderOptions } from "@ai-sdk/provider";

/** The name of this provider, and the key under which its options and its metadata stand. */
export const providerName = "llmGateway";

/** This package's entry among the options of a call, a message, a part or a tool. */
export const ownOptions = (options: SharedV4ProviderOptions | undefined): JSONObject => options?.[providerName] ?? {};

/**
 * Those of our own options that `T` has; `null` is as good as absent. They were handed out by this package or written
 * by code of this process, so their types are trusted.
 */
export const ownFields = <T>(
  options: SharedV4ProviderOptions | undefined,
  names: readonly (keyof T & string)[],
): Partial<T> => {
  const own = ownOptions(options);
  const given = names.filter((name) => own[name] !== undefined && own[name] !== null);
  return Object.fromEntries(given.map((name) => [name, own[name]])) as Partial<T>;
};

/** `providerMetadata` with this package's entry; nothing where there is nothing to tell. */
export const ownMetadata = (fields: JSONObject): { providerMetadata?: SharedV4ProviderMetadata } =>
  Object.keys(fields).length === 0 ? {} : { providerMetadata: { [providerName]: fields } };
