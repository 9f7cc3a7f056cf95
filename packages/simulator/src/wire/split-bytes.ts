/** The bytes in stretches of the given sizes; when the sizes are used up they start again. No sizes: one stretch. */
export const splitBytes = (bytes: Uint8Array, sizes: readonly number[]): readonly Uint8Array[] => {
  const stretches: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    stretches.push(bytes.subarray(at, at + size));
    at += size;
  }
  return stretches;
};
