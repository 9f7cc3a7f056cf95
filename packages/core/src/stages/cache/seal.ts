/** A value cut off from everything else in memory and frozen: whoever gets it cannot change it for the next. */
export const seal = <T extends object>(value: T): { readonly sealed: T; readonly sizeBytes: number } => {
  const json = JSON.stringify(value);
  // The same fields, back from their own JSON.
  return { sealed: freeze(JSON.parse(json)) as T, sizeBytes: Buffer.byteLength(json) };
};

const freeze = (value: unknown): unknown => {
  if (typeof value !== "object" || value === null) return value;
  for (const field of Object.values(value)) freeze(field);
  return Object.freeze(value);
};
