/** The arguments of a call as an object; none where the token limit fell into them, for they are not JSON then. */
export const callInput = (argumentsText: string): unknown => {
  try {
    return JSON.parse(argumentsText);
  } catch {
    return {};
  }
};
