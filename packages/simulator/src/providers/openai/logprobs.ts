import { createDice } from "../../model/dice.ts";
import { splitTokens } from "../../model/tokens.ts";

/** How likely a token was. */
export interface TokenLogprob {
  readonly token: string;
  readonly logprob: number;
  readonly bytes: readonly number[];
}

const one = (token: string, logprob: number): TokenLogprob => ({ token, logprob, bytes: [...Buffer.from(token)] });

/** Probabilities of the tokens of a text, made up but always the same, with `alternatives` other tokens each. */
export const logprobsOf = (text: string, alternatives: number, seed: string): readonly TokenLogprob[] =>
  splitTokens(text).map((token, index) => {
    const dice = createDice(`${seed}:logprob:${index}`);
    const own = one(token, -dice.below(1_000) / 1_000);
    const others = Array.from({ length: Math.max(0, alternatives - 1) }, (_, rank) =>
      one(` ${dice.letters(3).toLowerCase()}`, own.logprob - rank - 1),
    );
    return { ...own, top_logprobs: alternatives === 0 ? [] : [own, ...others] };
  });
