/**
 * Writes the tables of `docs/matrix.md` from the very cases that the tests of `packages/core/test/matrix` run.
 *
 *     node scripts/build-matrix-page.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import { backs } from "../packages/core/test/matrix/backs.ts";
import {
  featureNames,
  modes,
  outcomeOfFeature,
  outcomeOfTrouble,
  troubles,
  type Mode,
  type Outcome,
} from "../packages/core/test/matrix/expected.ts";
import { embeddingBacks } from "../packages/core/test/matrix/embeddings/backs.ts";
import {
  embeddingFeatures,
  outcomeOfEmbedding,
  statusTroubles,
} from "../packages/core/test/matrix/embeddings/expected.ts";
import { fronts } from "../packages/core/test/matrix/fronts.ts";
import { chat } from "../packages/core/test/matrix/fronts/chat.ts";
import type { Front } from "../packages/core/test/matrix/fronts/front.ts";
import { markdownTable, withGenerated } from "./generated-page.ts";

export const page = new URL("../docs/matrix.md", import.meta.url);

type Back = (typeof backs)[number];

/** What the client is told, in the words of its dialect. */
const told = (front: Front, outcome: Extract<Outcome, { failure: unknown }>): string => {
  const isLate = outcome.type === "breaks";
  const { status, code, type } = front.tellFailure(outcome.failure, isLate);
  const words = [code, type].filter((word) => typeof word === "string").map((word) => `\`${word}\``);
  return `${isLate ? "in the stream:" : String(status)} ${words.join(", ")}`;
};

const cell = (front: Front, outcome: Outcome): string => {
  switch (outcome.type) {
    case "works":
      return outcome.how === undefined ? "works" : `works, ${outcome.how}`;
    case "filtered":
      return "ends as filtered";
    case "unsaid":
      return "ends as if complete";
    default:
      return told(front, outcome);
  }
};

/** The rows of one case: one for whole answers and streams alike, or one for each where they differ. */
const rowsOf = (
  front: Front,
  name: string,
  outcomeOf: (back: Back, mode: Mode) => Outcome,
): readonly (readonly string[])[] => {
  const rows = modes.map((mode) => backs.map((back) => cell(front, outcomeOf(back, mode))));
  const areSame = new Set(rows.map((cells) => JSON.stringify(cells))).size === 1;
  const named = areSame
    ? [["whole, stream", rows[0] ?? []] as const]
    : modes.map((mode, at) => [mode, rows[at] ?? []] as const);
  return named.map(([mode, cells]) => [name, mode, ...cells]);
};

const sectionOf = (front: Front): string => {
  const header = (what: string): readonly string[] => [what, "answer", ...backs.map(({ name }) => name)];
  const wanted = featureNames.flatMap((name) => rowsOf(front, name, (back) => outcomeOfFeature(front, name, back)));
  const met = troubles.flatMap((trouble) =>
    rowsOf(front, trouble.name, ({ name }, mode) => outcomeOfTrouble(trouble, name, mode)),
  );
  return [
    `## ${front.name}`,
    `\`${front.route}\``,
    markdownTable(header("the client wants"), wanted),
    markdownTable(header("the provider answers"), met),
  ].join("\n\n");
};

/** Embeddings have errors as chats have them, and no streams. */
const embeddingsSection = (): string => {
  const header = (what: string): readonly string[] => [what, ...embeddingBacks.map(({ name }) => name)];
  const wanted = embeddingFeatures.map((name) => [
    name,
    ...embeddingBacks.map((back) => cell(chat, outcomeOfEmbedding(name, back))),
  ]);
  const met = statusTroubles.map(({ name, outcome }) => [name, ...embeddingBacks.map(() => cell(chat, outcome))]);
  return [
    "## OpenAI embeddings",
    "`POST /v1/embeddings`",
    markdownTable(header("the client wants"), wanted),
    markdownTable(header("the provider answers"), met),
  ].join("\n\n");
};

/** The page as the cases have it. */
export const withMatrix = (text: string): string =>
  withGenerated(text, [...fronts.map(sectionOf), embeddingsSection()].join("\n\n"));

if (import.meta.main) writeFileSync(page, withMatrix(readFileSync(page, "utf8")));
