import type { CatalogFile } from "../../packages/core/src/providers/catalog.ts";

/** A JSON object of the list: nothing in it has been checked. */
export type Json = Readonly<Record<string, unknown>>;
/** One model as the catalog holds it. */
export type Row = CatalogFile["providers"][string][string];

/** Why a row cannot be used. */
export class Skip extends Error {}

/** A plain JSON object. */
export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A limit in tokens; zero is how the list writes "unknown". */
export const tokens = (row: Json, field: string): number | undefined => {
  const value = row[field];
  if (value === undefined || value === null || value === 0) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 100_000_000) return value;
  throw new Skip(`${field} is no number of tokens`);
};
