/**
 * Runs an example on simulated providers: no key, no network.
 *
 * Usage: npm run example -- koa
 */
import { readdirSync } from "node:fs";

const names = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const [name = ""] = process.argv.slice(2);

if (names.includes(name)) await import(`./${name}/start.ts`);
else {
  console.error(`Say which example to run, one of ${names.join(", ")}: npm run example -- ${names.at(0)}`);
  process.exitCode = 1;
}
