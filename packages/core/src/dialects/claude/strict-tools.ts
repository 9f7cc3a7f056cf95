import { arrayIn, isObject, objectIn } from "../fields.ts";
import type { Losses } from "../losses.ts";
import type { Block } from "../turns.ts";

/** What Claude holds calls to in one request: tools, and in their schemas what is optional and what may be one of several. */
const most = { tools: 20, optional: 24, unions: 16 };

interface Counts {
  optional: number;
  unions: number;
}

/**
 * Takes `strict` from the tools that are too many to be held to their schemas, the last ones first, and names that.
 *
 * @param schemaOf What a tool's schema is in the dialect at hand.
 */
export const limitStrict = (
  tools: readonly Block[],
  schemaOf: (tool: Block) => unknown,
  losses: Losses,
): readonly Block[] => {
  let strict = 0;
  const sum: Counts = { optional: 0, unions: 0 };
  return tools.map((tool) => {
    if (tool["strict"] !== true) return tool;
    const counts: Counts = { optional: 0, unions: 0 };
    count(schemaOf(tool), counts);
    const optional = sum.optional + counts.optional;
    const unions = sum.unions + counts.unions;
    if (strict < most.tools && optional <= most.optional && unions <= most.unions) {
      strict++;
      Object.assign(sum, { optional, unions });
      return tool;
    }
    losses.tuning("tools.strict");
    const { strict: _strict, ...rest } = tool;
    return rest;
  });
};

const count = (node: unknown, counts: Counts): void => {
  if (!isObject(node)) return;
  if (Array.isArray(node["type"]) || Array.isArray(node["anyOf"])) counts.unions++;
  const properties = objectIn(node, "properties") ?? {};
  const needed = new Set(arrayIn(node, "required"));
  for (const [name, property] of Object.entries(properties)) {
    if (!needed.has(name)) counts.optional++;
    count(property, counts);
  }
  for (const member of [node["items"], ...arrayIn(node, "anyOf"), ...arrayIn(node, "allOf")]) count(member, counts);
};
