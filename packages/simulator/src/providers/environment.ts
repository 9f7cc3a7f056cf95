/** The variables that point a gateway at an address, for providers whose names follow the usual pattern. */
export const environmentOf =
  (prefix: string) =>
  (url: string): Readonly<Record<string, string>> => ({
    [`${prefix}_BASE_URL`]: url,
    [`${prefix}_API_KEY`]: "simulator",
  });
