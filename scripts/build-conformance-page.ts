/**
 * Writes the table of `docs/conformance.md` from a run of the tests that have a line's key in their names, and from the
 * declared exceptions. With `--check` it only compares, and fails where the page is out of date.
 *
 *     node scripts/build-conformance-page.ts [--check]
 */
import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { exceptions } from "../packages/core/test/conformance/exceptions.ts";
import { groups, type LineKey } from "../packages/core/test/conformance/lines.ts";
import { withGenerated } from "./generated-page.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const page = new URL("../docs/conformance.md", import.meta.url);

interface Shown {
  readonly file: string;
  /** Where it is declared; several cases of one table have the same. */
  readonly line: number;
  readonly name: string;
  readonly passed: boolean;
}

/** The part of the test runner's report that is read here. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly location?: { readonly line: number } | null;
    }[];
  }[];
}

const key = /\b[QT]\d{1,3}\b/;

/** The files with such tests, but for those that need recorded traffic: a page made without that must not be another. */
const testFiles = (): readonly string[] =>
  globSync("packages/*/{src,test}/**/*.test.ts", { cwd: root })
    .map((file) => file.split(path.sep).join("/"))
    .filter((file) => !/(^|\/)recordings?[./]/.test(file) && key.test(readFileSync(path.join(root, file), "utf8")))
    .toSorted();

const runTests = (): Report => {
  const directory = mkdtempSync(path.join(tmpdir(), "conformance-"));
  const outputFile = path.join(directory, "report.json");
  try {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [
        path.join(root, "node_modules/vitest/vitest.mjs"),
        "run",
        "--project=main",
        `--testNamePattern=${key.source}`,
        "--includeTaskLocation",
        "--reporter=json",
        `--outputFile=${outputFile}`,
        ...testFiles(),
      ],
      { cwd: root, encoding: "utf8" },
    );
    if (status !== 0 && status !== 1) throw new Error(`The tests could not be run:\n${stdout}${stderr}`);
    return JSON.parse(readFileSync(outputFile, "utf8")) as Report;
  } finally {
    rmSync(directory, { recursive: true });
  }
};

const readReport = (report: Report): readonly Shown[] =>
  report.testResults.flatMap(({ name, assertionResults }) => {
    const file = path.relative(root, name).split(path.sep).join("/");
    return assertionResults
      .filter(({ status }) => status === "passed" || status === "failed")
      .map(({ fullName, status, location }) => ({
        file,
        line: location?.line ?? 0,
        name: fullName,
        passed: status === "passed",
      }));
  });

const keysOf = ({ name }: Shown): readonly string[] => name.match(new RegExp(key, "g")) ?? [];

/** A name without the keys, which are told elsewhere. */
const plainName = (name: string): string =>
  name
    .replaceAll(/ ?\((?:[QT]\d{1,3}(?:, )?)+\)/g, "")
    .replaceAll(/(?:\b[QT]\d{1,3}\b(?:, (?:and )?)?)+:? ?/g, "")
    .replaceAll(/ \(\d+\)$/g, "")
    .replaceAll(/[|<>]/g, "\\$&")
    .trim();

/** The tests of a line, cases of one table together. */
const testsOf = (own: readonly Shown[]): readonly string[] =>
  [...Map.groupBy(own, ({ file, line }) => `${file}:${String(line).padStart(6)}`)]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([, [first, ...others]]) => {
      if (first === undefined) return [];
      const more = others.length === 0 ? "" : `, and ${others.length} more`;
      return [`  - [${plainName(first.name)}](../${first.file})${more}`];
    });

interface Line {
  readonly key: LineKey;
  readonly about: string;
  readonly tests: readonly Shown[];
  readonly exception: string | undefined;
}

const sectionOf = (name: string, own: readonly Line[]): string =>
  [
    `### ${name}\n`,
    ...own.flatMap(({ key: line, about, tests, exception }) => [
      `- **${line}** ${about}: ${exception === undefined ? "met" : "differs"}`,
      ...testsOf(tests),
    ]),
  ].join("\n");

/** The page for these results. */
const withResults = (text: string, tests: readonly Shown[]): string => {
  const sections = Object.entries(groups).map(([name, lines]) => ({
    name,
    lines: Object.entries(lines).map(([line, about]) => toLine(line as LineKey, about, tests)), // The keys of its type.
  }));
  const all = sections.flatMap(({ lines }) => lines);
  const different = all.filter(({ exception }) => exception !== undefined);
  return withGenerated(
    text,
    [
      `${all.length} lines: ${all.length - different.length} met, ${different.length} met but for what is said here.`,
      "## What differs, and why",
      different.map(({ key: line, about, exception }) => `- **${line}** ${about}: ${exception}`).join("\n"),
      "## What shows each line",
      ...sections.map(({ name, lines }) => sectionOf(name, lines)),
    ].join("\n\n"),
  );
};

const toLine = (line: LineKey, about: string, tests: readonly Shown[]): Line => {
  const own = tests.filter((test) => keysOf(test).includes(line));
  const failed = own.find(({ passed }) => !passed);
  if (failed !== undefined) throw new Error(`A test of ${line} fails: ${failed.name}.`);
  const exception = exceptions[line];
  if (own.length === 0) throw new Error(`${line} (${about}) is shown by no test.`);
  return { key: line, about, tests: own, exception };
};

const strangers = (tests: readonly Shown[]): readonly string[] => [
  ...new Set(tests.flatMap(keysOf).filter((found) => !known.has(found))),
];
const known: ReadonlySet<string> = new Set(Object.values(groups).flatMap((lines) => Object.keys(lines)));

const tests = readReport(runTests());
if (strangers(tests).length > 0)
  throw new Error(`Tests are named after lines that there are not: ${strangers(tests).join(", ")}.`);
const before = readFileSync(page, "utf8");
const after = withResults(before, tests);
if (!process.argv.includes("--check")) writeFileSync(page, after);
else if (after !== before) {
  throw new Error("docs/conformance.md is not what the tests show: write it anew with `npm run conformance`.");
}
