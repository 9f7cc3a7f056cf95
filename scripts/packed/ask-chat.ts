import type { Project } from "./project.ts";

interface Choice {
  readonly message?: { readonly content: string };
  readonly delta?: { readonly content?: string };
}
const textOf = (answer: string): string => {
  const [choice] = (JSON.parse(answer) as { readonly choices: readonly Choice[] }).choices;
  return choice?.message?.content ?? choice?.delta?.content ?? "";
};

/** Asks a gateway below a path, as an OpenAI client does. */
export const askChat =
  (path: string): Project["ask"] =>
  async (origin) => {
    const ask = async (stream: boolean): Promise<string> => {
      const messages = [{ role: "user", content: "What is 17 * 3?" }];
      const response = await fetch(`${origin}${path}/v1/chat/completions`, {
        method: "POST",
        headers: { authorization: "Bearer ada-key", "content-type": "application/json" },
        body: JSON.stringify({ model: "openai/gpt-5-mini", stream, messages }),
      });
      if (!response.ok) throw new Error(`The gateway answered ${response.status}: ${await response.text()}`);
      return response.text();
    };
    const events = (await ask(true)).matchAll(/^data: (\{.*)$/gm);
    return [textOf(await ask(false)), [...events].map(([, event = ""]) => textOf(event)).join("")];
  };
