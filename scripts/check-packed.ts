/**
 * Packs the packages as they would be published and installs them into empty projects, each beside its framework: do
 * their types hold, and do they answer, as ES modules and as CommonJS? The programs are the examples, and the providers
 * are those of the simulator that was packed with them.
 *
 * Usage: npm run packed
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { useSimulator } from "../examples/simulated.ts";
import type * as simulation from "../packages/simulator/src/index.ts";
import { packInto } from "./pack.ts";
import { ask } from "./packed/ask.ts";
import { compile, install, kinds, write } from "./packed/install.ts";
import { nameOf, type Project } from "./packed/project.ts";
import { projects } from "./packed/projects.ts";

const folder = mkdtempSync(join(tmpdir(), "packed-"));
const placeOf = (project: Project): string => join(folder, nameOf(project));

/** Does something for every project; all are waited for, so that nothing still writes when the folder is removed. */
const forEachProject = async (action: (project: Project) => Promise<void>): Promise<void> => {
  const results = await Promise.allSettled(projects.map(action));
  for (const [index, project] of projects.entries()) {
    const result = results[index];
    if (result?.status !== "rejected") continue;
    console.error(`${nameOf(project)}:`, result.reason);
    process.exitCode = 1;
  }
};

const startInstalledSimulator = async (): Promise<simulation.Simulator> => {
  const path = join(folder, "core/node_modules/@llm-gateway/simulator/dist/index.js");
  const { startSimulator } = (await import(pathToFileURL(path).href)) as typeof simulation;
  return startSimulator();
};

try {
  const tarballs = packInto(folder);
  const checked = ["simulator", ...projects.map((project) => project.package)].map((name) => `@llm-gateway/${name}`);
  const unchecked = [...tarballs.keys()].filter((name) => !checked.includes(name));
  if (unchecked.length > 0) throw new Error(`Add a project for ${unchecked.join(", ")} to packed/projects.ts.`);
  for (const project of projects) write(project, placeOf(project), tarballs);
  await install(folder, tarballs);
  await forEachProject((project) => compile(placeOf(project)));
  const simulator = await startInstalledSimulator();
  useSimulator(simulator);
  await forEachProject(async (project) => {
    for (const kind of kinds) await ask(project, join(placeOf(project), kind));
  });
  await simulator.close();
} finally {
  rmSync(folder, { recursive: true });
}
const names = projects.map(nameOf).join(", ");
if (process.exitCode === undefined)
  console.log(`Packed and installed, ${names} hold their types and answer, as ES modules and as CommonJS.`);
