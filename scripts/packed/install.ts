import { execFile } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { root } from "../pack.ts";
import type { Project } from "./project.ts";

/** Every program is run once as each; the names are those of `type` in a package.json. */
export const kinds = ["module", "commonjs"] as const;

const compilerOptions = {
  strict: true,
  target: "es2024",
  lib: ["es2024"],
  types: ["node"],
  module: "nodenext",
  skipLibCheck: false,
  rewriteRelativeImportExtensions: true,
  experimentalDecorators: true,
};

/** Makes a project in an empty folder: the program once for each kind, in a folder of that name. */
export const write = (project: Project, folder: string, tarballs: ReadonlyMap<string, string>): void => {
  mkdirSync(folder);
  writeJson(join(folder, "package.json"), { private: true, dependencies: dependenciesOf(project, tarballs) });
  writeJson(join(folder, "tsconfig.json"), { compilerOptions });
  for (const kind of kinds) {
    const place = join(folder, kind);
    if (project.example === undefined) mkdirSync(place);
    else cpSync(join(root, "examples", project.example), place, { recursive: true, filter: isProgram });
    if (project.source !== undefined) writeFileSync(join(place, "server.ts"), project.source);
    writeJson(join(place, "package.json"), { type: kind });
  }
};

/** Installs what the projects in a folder depend on: each has that alone, and what the workspace has is not fetched anew. */
export const install = async (folder: string, tarballs: ReadonlyMap<string, string>): Promise<void> => {
  // Our packages ask for each other too. JSON is YAML.
  const overrides = Object.fromEntries([...tarballs].map(([name, path]) => [name, `file:${path}`]));
  writeJson(join(folder, "pnpm-workspace.yaml"), { packages: ["*"], overrides });
  writeJson(join(folder, "package.json"), { private: true });
  await run("npx", ["--yes", "pnpm@12.21.0", "install", "--ignore-scripts", "--prefer-offline"], { cwd: folder });
};

/**
 * Compiles a project with every type in it checked, those of the packages included.
 *
 * @throws Error with what is wrong in the program's types or in ours.
 */
export const compile = async (folder: string): Promise<void> => {
  const tsc = run(join(root, "node_modules/.bin/tsc"), ["--project", folder, "--pretty", "false"], { cwd: folder });
  const { stdout } = await tsc.catch((error: { readonly stdout: string }) => error);
  // Types of some frameworks do not hold by themselves, or only in a browser.
  const errors = stdout.split("\n").filter((line) => line.includes("error TS") && isOurs(line));
  if (errors.length > 0) throw new Error(`The types do not hold:\n${errors.join("\n")}`);
};

/** Whether an error is in the program, or in one of our packages. */
const isOurs = (line: string): boolean => {
  const [path = ""] = line.split("(", 1);
  const inside = path.lastIndexOf("node_modules/");
  return inside === -1 || path.startsWith("node_modules/@llm-gateway/", inside);
};

const run = promisify(execFile);

const writeJson = (path: string, value: object): void => writeFileSync(path, JSON.stringify(value));

/** What a user of the example would copy. */
const isProgram = (path: string): boolean => !/^(start\..*|package\.json|node_modules|dist)$/.test(basename(path));

interface Manifest {
  readonly version: string;
  readonly dependencies?: object;
  readonly peerDependencies?: object;
}
const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;

/** Our packages as tarballs, everything else in the version that the workspace has of it. */
const dependenciesOf = (
  { package: name, example, needs = [], versions: own = {} }: Project,
  tarballs: ReadonlyMap<string, string>,
): object => {
  const versions: Record<string, string> = {};
  const add = (folder: string, names: readonly string[]): void => {
    for (const dependency of names) {
      versions[dependency] = tarballs.get(dependency) ?? readManifest(join(folder, "node_modules", dependency)).version;
    }
  };
  add(".", ["@types/node", "@llm-gateway/core", `@llm-gateway/${name}`]);
  const ownFolder = `packages/${name}`;
  add(ownFolder, [...Object.keys(readManifest(ownFolder).peerDependencies ?? {}), ...needs]);
  if (example !== undefined) {
    const exampleFolder = `examples/${example}`;
    add(exampleFolder, Object.keys(readManifest(exampleFolder).dependencies ?? {}));
  }
  return { ...versions, ...own };
};
