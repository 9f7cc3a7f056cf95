import { createTarget, type Target } from "../chat/target.ts";
import { createContextKey, type ContextKey } from "../pipeline/context.ts";
import type { Model } from "./catalog.ts";
import { isModelName } from "./declared-models.ts";
import { readModelsOption, type ModelsOption, type NamedModel, type Strategy } from "./models-option.ts";
import type { Provider } from "./provider.ts";

/** What a model name stands for. */
export interface Resolution {
  /** The name as it was asked for. */
  readonly name: string;
  /** Order of the targets, where the name's own configuration gives one. */
  readonly strategy?: Strategy;
  /** At least one; in the order of configuration. */
  readonly targets: readonly Target[];
}

/** A model that clients can ask for. */
interface ListedModel {
  readonly id: string;
  readonly targets: readonly Target[];
  /** What is known of its first target. */
  readonly model?: Model;
}

/** Who can be asked for what. Fixed when the gateway is made. */
export interface Registry {
  readonly get: (providerId: string) => Provider | undefined;
  /** Every provider, in the order of configuration. */
  readonly providers: () => readonly Provider[];
  /**
   * The targets behind a name, `undefined` where there are none. A configured name comes first, then `provider/model`
   * (any model name is taken: the provider has the last word), then a model that providers are known to serve.
   */
  readonly resolve: (name: string) => Resolution | undefined;
  readonly model: (target: Target) => Model | undefined;
  /** Whether configuration or catalog name this target, and not just a client. */
  readonly knows: (target: Pick<Target, "provider" | "model">) => boolean;
  /** The same of a name as clients write it. */
  readonly knowsName: (name: string) => boolean;
  /** Configured names, then every known model of every provider as `provider/model`. */
  readonly list: () => readonly ListedModel[];
}

export interface RegistryOptions {
  readonly providers: readonly Provider[];
  readonly models?: ModelsOption;
}

// Clients ask for the same few models over and over. What they make up is forgotten from time to time.
const maxRemembered = 1024;

export const registryKey: ContextKey<Registry> = createContextKey<Registry>("registry");

/**
 * Makes the registry.
 *
 * @throws TypeError where two providers have one id, or where a configured name or target cannot be.
 */
export const createRegistry = ({ providers, models = {} }: RegistryOptions): Registry => {
  const byId = indexById(providers);
  const bare = createBareNames(providers);

  /** `provider/model`; the model's own name may hold slashes. */
  const resolveQualified = (name: string): Target | undefined => {
    const slash = name.indexOf("/");
    if (slash === -1) return undefined;
    const provider = name.slice(0, slash);
    const model = name.slice(slash + 1);
    return byId.has(provider) && isModelName(model) ? createTarget(provider, model) : undefined;
  };
  const resolveReference = (name: string): readonly Target[] | undefined => {
    const target = resolveQualified(name);
    return target === undefined ? bare(name) : [target];
  };

  const all = [...byId.values()];
  const named = readModelsOption(models, resolveReference, [...byId.keys()]);
  const modelOf = ({ provider, model }: Pick<Target, "provider" | "model">): Model | undefined =>
    byId.get(provider)?.models.get(model);
  const configured = new Set([...named.values()].flatMap(({ targets }) => targets.map(({ id }) => id)));
  const knows: Registry["knows"] = ({ provider, model }) =>
    modelOf({ provider, model }) !== undefined || configured.has(`${provider}/${model}`);
  let listed: readonly ListedModel[] | undefined;

  const remembered = new Map<string, Resolution>();
  /** One object for each name, by which others remember what they have found of it. */
  const resolve = (name: string): Resolution | undefined => {
    const known = named.get(name) ?? remembered.get(name);
    if (known !== undefined) return known;
    const targets = resolveReference(name);
    if (targets === undefined) return undefined;
    if (remembered.size >= maxRemembered) remembered.clear();
    const resolution = { name, targets };
    remembered.set(name, resolution);
    return resolution;
  };

  return {
    get: (providerId) => byId.get(providerId),
    providers: () => all,
    resolve,
    model: modelOf,
    knows,
    knowsName: (name) => named.has(name) || resolveReference(name)?.every(knows) === true,
    list: () => (listed ??= listModels(named, all, modelOf)),
  };
};

const indexById = (providers: readonly Provider[]): ReadonlyMap<string, Provider> => {
  if (!Array.isArray(providers)) throw new TypeError("`providers` must be an array of providers such as `openai()`.");
  const byId = new Map<string, Provider>();
  for (const [index, provider] of providers.entries()) {
    const id: unknown = provider?.id;
    if (typeof id !== "string") {
      throw new TypeError(`\`providers[${index}]\` must be a provider such as \`openai()\`; is it called?`);
    }
    if (byId.has(id)) {
      throw new TypeError(
        `\`providers\` holds two with the id ${JSON.stringify(id)}. Give one of them another \`id\`.`,
      );
    }
    byId.set(id, provider);
  }
  return byId;
};

/**
 * Finds who serves a model by its name alone. The index is made when the first such name comes, over the maps of models
 * and not over the providers: a thousand providers with one catalog cost one catalog.
 */
const createBareNames = (providers: readonly Provider[]): ((name: string) => readonly Target[] | undefined) => {
  type Models = Provider["models"];
  let servers: Map<Models, Provider[]> | undefined;
  const holders = new Map<string, Models[]>();
  const found = new Map<string, readonly Target[]>();
  const place = new Map(providers.map((provider, index) => [provider, index]));

  const build = (): Map<Models, Provider[]> => {
    const built = Map.groupBy(providers, ({ models }) => models);
    for (const models of built.keys()) {
      for (const name of models.keys()) {
        const known = holders.get(name);
        if (known === undefined) holders.set(name, [models]);
        else known.push(models);
      }
    }
    return built;
  };

  return (name) => {
    const before = found.get(name);
    if (before !== undefined) return before;
    servers ??= build();
    const serving = (holders.get(name) ?? []).flatMap((models) => servers?.get(models) ?? []);
    if (serving.length === 0) return undefined;
    // Bounded by the catalog: only names that somebody serves are remembered.
    const targets = serving
      .toSorted((a, b) => (place.get(a) ?? 0) - (place.get(b) ?? 0))
      .map(({ id }) => createTarget(id, name));
    found.set(name, targets);
    return targets;
  };
};

const listModels = (
  named: ReadonlyMap<string, NamedModel>,
  providers: readonly Provider[],
  modelOf: (target: Target) => Model | undefined,
): readonly ListedModel[] => {
  const listed: ListedModel[] = [];
  for (const { name, targets } of named.values()) {
    const model = targets[0] === undefined ? undefined : modelOf(targets[0]);
    listed.push({ id: name, targets, ...(model === undefined ? {} : { model }) });
  }
  for (const { id, models } of providers) {
    for (const model of models.values()) {
      const target = createTarget(id, model.id);
      // A configured name of this form hides the model itself.
      if (!named.has(target.id)) listed.push({ id: target.id, targets: [target], model });
    }
  }
  return listed;
};
