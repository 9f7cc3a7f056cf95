/** The pair chosen to answer: who is asked, and for which model. */
export interface Target {
  /** `provider/model`. */
  readonly id: string;
  /** Id of a configured provider. */
  readonly provider: string;
  /** Model name in the provider's own words. */
  readonly model: string;
  /** Share of requests under the `weighted` strategy. */
  readonly weight?: number;
}

/** Makes a target; its id is `provider/model`. */
export const createTarget = (provider: string, model: string, weight?: number): Target => ({
  id: `${provider}/${model}`,
  provider,
  model,
  ...(weight === undefined ? {} : { weight }),
});
