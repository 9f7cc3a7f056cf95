import type { LineKey } from "./lines.ts";

/** Where a line is met only in part, or otherwise than it says: what differs, and why. */
export const exceptions: Partial<Readonly<Record<LineKey, string>>> = {
  Q4: "No turn is made up, not even on request: what the user is said to have said is for the client to write. Gemini, which refuses instructions alone but takes a blank turn, is given one.",
  Q20: "A limit that is no whole number is refused by its name instead of being rounded: the client has a mistake to find.",
  Q22: "The least effort is a budget of 1024 tokens, as Anthropic takes no smaller one.",
  Q24: "Where a call is forced, the call stays and thinking gives way, since a client relies on the call; only a model that thinks in any case decides about calls by itself.",
  Q33: "Tokens of thoughts that nobody counted are left out instead of being estimated: nobody could tell an estimate from a count.",
  Q40: "A mark before a prompt that is too short to be cached is left where it is: providers pass over it, and how short is too short changes with every model.",
  Q41: "Features are not sorted out by host: what a host does not know it refuses by its name, and the client is told. A list of them would refuse each new one.",
  Q59: "Efforts are budgets of 1024, 8192 and 24576 tokens, as Google's own compatible endpoint has them.",
  Q62: "A wish for one call at a time is dropped by its name, also with several tools: most answers have one call anyway, and the client sees which it got.",
  Q64: "A malformed or unexpected call, and an end for other reasons without any text, are failures: another attempt or provider may do better, which after a filter it would not.",
  Q66: "The content of such an answer is an empty text and not null, as that of every answer which consists of nothing else.",
  Q71: "The dialect of Messages has no place for an image in an answer, so its clients do not get it. Gemini's spoken answers have no form in the other dialects; they cannot be asked for there.",
  Q72: "As with Q4, no turn is made up for Converse.",
  Q75: "Names may hold hyphens and begin with any of their characters, as Converse documents it.",
  Q77: "As with Q24, a forced call stays and thinking gives way.",
  Q84: "An answer that repeats the schema around its values is not unwrapped: it fails the check against the schema, so that it is asked for again.",
  Q89: "Arguments that are several objects in a row are not split into calls: the results in a history belong to the one call, and which calls were meant nobody knows. Those who take objects get a clear 400, those who take text get it as it is.",
  Q96: "Nothing is held back by the version of Azure's API: without a version the one that has everything is asked, and what an older one lacks Azure refuses by its name.",
  Q97: "Schemas go to Mistral as the client wrote them: recorded requests show that it takes strictness and closed objects.",
  Q104: "Fireworks is given schemas in the form that OpenAI has for them, which it documents. Text that looks like a call is left as text: it may be an answer.",
  Q105: "Moonshot is not made to call a tool by words in the prompt: the wish is refused, so that another model may fulfil it. A temperature that is too low for several choices is left to its refusal.",
  Q111: "Off unless the operator sets `translateStream({ maxRepeats })`: some answers are right to repeat themselves.",
};
