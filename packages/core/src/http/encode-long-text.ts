const encoder = new TextEncoder();

// Node puts a short text into one string with the headers before it, which is cheaper than bytes of their own.
const shortest = 1024;

/**
 * The bytes of a long text. Node would measure it first, which takes longer than encoding it: most of what is sent is
 * ASCII, so it is encoded into as many bytes as it has characters, and once more only where they are not enough.
 */
export const encodeLongText = (chunk: string | Uint8Array): string | Uint8Array => {
  if (typeof chunk !== "string" || chunk.length < shortest) return chunk;
  const bytes = Buffer.allocUnsafe(chunk.length);
  return encoder.encodeInto(chunk, bytes).read === chunk.length ? bytes : Buffer.from(chunk);
};
