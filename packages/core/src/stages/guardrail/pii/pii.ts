import { checkKnown, checkOneOf } from "../../../check-options.ts";
import type { GuardrailAction, GuardrailRule } from "../rule.ts";
import { apiKey } from "./api-key.ts";
import { card } from "./card.ts";
import { leftmost, type Detector } from "../detector.ts";
import { email } from "./email.ts";
import { iban } from "./iban.ts";
import { phone } from "./phone.ts";
import { ssn } from "./ssn.ts";

export type PiiKind = "email" | "phone" | "card" | "iban" | "ssn" | "api-key";

export interface PiiOptions {
  /**
   * What to look for.
   *
   * @default ["email", "phone", "card", "iban", "ssn", "api-key"]
   */
  readonly kinds?: readonly PiiKind[];
  /** @default "redact" */
  readonly action?: GuardrailAction;
}

const detectors: Readonly<Record<PiiKind, Detector>> = { email, phone, card, iban, ssn, "api-key": apiKey };
// The keys of `detectors` are the kinds by its type.
const allKinds = Object.keys(detectors) as readonly PiiKind[];

/**
 * A rule that finds personal data and secrets by their shape, and by their checksum where they have one: e-mail
 * addresses, phone numbers, payment cards, bank accounts (IBAN), US social security numbers, and API keys. Takes time
 * in proportion to the text, whatever the text.
 *
 * @throws TypeError where an option is wrong.
 * @example
 * guardrail({ rules: [pii({ kinds: ["email", "card"] })] });
 */
export const pii = (options: PiiOptions = {}): GuardrailRule => {
  checkKnown(options, "pii", ["kinds", "action"]);
  const { kinds = allKinds, action = "redact" } = options;
  if (!Array.isArray(kinds) || kinds.length === 0) {
    throw new TypeError(`\`pii.kinds\` must list at least one of ${allKinds.join(", ")}; leave it out for all.`);
  }
  for (const kind of kinds) checkOneOf(kind, "pii.kinds", allKinds);
  checkOneOf(action, "pii.action", ["allow", "flag", "redact", "block"]);
  const wanted = allKinds.filter((kind) => kinds.includes(kind)).map((kind) => detectors[kind]);
  return {
    name: "pii",
    action,
    maxMatchLength: Math.max(...wanted.map((detector) => detector.reach)),
    find: (text, from) => leftmost(wanted, text, from),
  };
};
