import { defineStage, insertAfter, insertBefore, type Stage } from "@llm-gateway/core";
import { DiscoveryService } from "@nestjs/core";

/** A stage's name, in kebab-case, and the name of the stage that it stands before or after (that is: inside). */
export type StagePlace = { readonly name: string } & ({ readonly before: string } | { readonly after: string });

type StageClass = abstract new (...args: never[]) => Pick<Stage, "run">;

const Placed = DiscoveryService.createDecorator<StagePlace>();

/**
 * Makes a provider a stage of the application's gateway, as in `@LlmStage({ name: "audit", before: "route" })`. Its class
 * has `run(context, next)`, and is a provider of any module. It is made once, so it has no scope, nor has what it injects.
 *
 * @throws TypeError when the application starts, for a place that does not exist or a class that is not made once.
 */
export const LlmStage = (place: StagePlace): ((target: StageClass) => void) => Placed(place);

/** Puts the providers that are stages in their places, in the order in which Nest knows them. */
export const insertProviders = (stages: readonly Stage[], discovery: DiscoveryService): readonly Stage[] =>
  findProviders(discovery).reduce((path, { place, provider }) => {
    // Its instance may not have been made yet.
    const stage = defineStage(place.name, (context, next) => provider.instance.run(context, next));
    return "before" in place ? insertBefore(path, place.before, stage) : insertAfter(path, place.after, stage);
  }, stages);

/** Once everything is made, looks whether the stages were made once, and of their classes: others are found too late. */
export const checkProviders = (discovery: DiscoveryService): void => {
  for (const { place, provider } of findProviders(discovery)) {
    if (!provider.isTransient && !provider.isFactory && provider.isDependencyTreeStatic()) continue;
    throw new TypeError(
      `The stage "${place.name}" must be made once, of its class: provide it without a scope, a factory, or a dependency ` +
        "that has a scope. What belongs to one request is in `context`, or in an AsyncLocalStorage.",
    );
  }
};

const findProviders = (discovery: DiscoveryService) =>
  discovery.getProviders().flatMap((provider) => {
    const place = discovery.getMetadataByDecorator(Placed, provider);
    // An alias is found beside what it stands for.
    return place === undefined || provider.isAlias ? [] : [{ place, provider }];
  });
