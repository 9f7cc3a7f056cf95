/** A text in pieces, cut wherever the numbers say. */
export const chopped = (whole: string, cuts: readonly number[]): readonly string[] => {
  const letters = Array.from(whole);
  const places = [...new Set(cuts.map((cut) => cut % letters.length))].filter((at) => at > 0).toSorted((a, b) => a - b);
  const edges = [0, ...places, letters.length];
  return edges.slice(1).map((end, index) => letters.slice(edges[index], end).join(""));
};
