import { GatewayError } from "../errors.ts";
import type { BackTarget } from "./dialect.ts";

/** Keeps account of what a request loses on its way into another dialect: nothing is lost in silence. */
export interface Losses {
  /** A tuning knob the target lacks: dropped and named, unless the operator wants such requests refused. */
  readonly tuning: (param: string) => void;
  /** Something without which the answer would mean something else: refused, unless the operator wants it dropped. */
  readonly meaning: (param: string, why: string) => void;
  readonly dropped: readonly string[];
}

export const createLosses = ({ provider, model, unsupported }: BackTarget): Losses => {
  const dropped: string[] = [];
  const drop = (param: string): void => {
    if (!dropped.includes(param)) dropped.push(param);
  };
  const refuse = (param: string, why: string): never => {
    throw new GatewayError(
      "unsupported_parameter",
      `\`${param}\` is not supported by ${provider}/${model}: ${why}. Remove it, or ask for another model.`,
      // Another target may well know the parameter.
      { param, fallback: true },
    );
  };
  return {
    dropped,
    tuning: (param) => (unsupported === "refuse" ? refuse(param, "it has no such setting") : drop(param)),
    meaning: (param, why) => (unsupported === "drop" ? drop(param) : refuse(param, why)),
  };
};
