/** All of an answer that could be read, and whether it broke. */
export const readText = async (response: Response): Promise<{ readonly text: string; readonly broke: boolean }> => {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    return { text, broke: false };
  } catch {
    return { text, broke: true };
  }
};
