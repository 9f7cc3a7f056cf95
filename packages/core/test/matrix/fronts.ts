import { chat } from "./fronts/chat.ts";
import { completions } from "./fronts/completions.ts";
import type { Front } from "./fronts/front.ts";
import { gemini } from "./fronts/gemini.ts";
import { messages } from "./fronts/messages.ts";
import { responses } from "./fronts/responses.ts";

/** Every dialect that clients speak. */
export const fronts: readonly Front[] = [chat, completions, responses, messages, gemini];
