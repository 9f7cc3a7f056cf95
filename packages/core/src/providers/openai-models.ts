import type { ModelQuirks } from "../dialects/quirks.ts";

const sampling = ["temperature", "top_p", "logprobs", "top_logprobs"];
const never = ["presence_penalty", "frequency_penalty", "logit_bias", "stop"];
const fixed = { unsupported: [...sampling, ...never] };
/** Those that also answer without reasoning sample freely as long as they do. */
const free = { unsupported: never, unsupportedWhileReasoning: sampling };

/** Keep a prompt for a day if they are asked to. Those that came after them take marks instead. */
const kept = { cacheRetention: true };

/** Where OpenAI's models that reason take less than the others, and which efforts each of them has. */
export const openaiModels: readonly ModelQuirks[] = [
  // Models of the chat product and of search do not reason, whatever number they bear.
  { model: /^gpt-\d[\w.-]*-search/, quirks: { webSearch: "options" } },
  { model: /^gpt-5[\w.-]*-chat/, quirks: {} },
  { model: /^gpt-5-pro/, quirks: { ...fixed, efforts: ["high"] } },
  { model: /^gpt-5\.\d+-pro/, quirks: { ...fixed, efforts: ["medium", "high", "xhigh"] } },
  { model: /^gpt-5(\.1)?-codex(?!-max)/, quirks: { ...fixed, ...kept, efforts: ["low", "medium", "high"] } },
  { model: /^gpt-5\.\d+-codex/, quirks: { ...fixed, ...kept, efforts: ["low", "medium", "high", "xhigh"] } },
  { model: /^gpt-5(?!\.)/, quirks: { ...fixed, ...kept, efforts: ["minimal", "low", "medium", "high"] } },
  { model: /^gpt-5\.1/, quirks: { ...free, ...kept, efforts: ["none", "low", "medium", "high"] } },
  { model: /^gpt-5\.[2-5]/, quirks: { ...free, ...kept, efforts: ["none", "low", "medium", "high", "xhigh"] } },
  { model: /^gpt-[5-9]/, quirks: { ...free, cacheBreakpoints: true } },
  { model: /^gpt-4\.1(?!-(mini|nano))/, quirks: kept },
  { model: /^o\d/, quirks: { ...fixed, efforts: ["low", "medium", "high"] } },
];
