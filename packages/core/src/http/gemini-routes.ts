import { gemini, geminiArray, geminiCount } from "../dialects/gemini/gemini.ts";
import { decodePath } from "./decode-path.ts";
import type { Route } from "./routes.ts";

const list = "/v1beta/models";
const prefix = `${list}/`;

// Hosts that name paths one by one agree on no wildcard. Names with more slashes come through those with them encoded.
const segments = [":id", ":id/:id2", ":id/:id2/:id3", ":id/:id2/:id3/:id4"];

/** The paths of Gemini's routes. A model's name may hold slashes, so that it may be several segments. */
export const geminiPaths = (method: Route["method"]): readonly string[] => {
  const models = segments.map((segment) => prefix + segment);
  return method === "GET" ? [list, ...models] : models;
};

/** The route of a path of Gemini's: `/v1beta/models/{model}:{verb}`, or without a verb the model itself. */
export const findGeminiRoute = (path: string): Route | undefined => {
  if (path === list) return { kind: "models", method: "GET", dialect: gemini };
  if (!path.startsWith(prefix)) return undefined;
  const name = decodePath(path.slice(prefix.length));
  if (name === undefined) return undefined;
  // A model's own name may hold a colon, too.
  const colon = name.lastIndexOf(":");
  const model = name.slice(0, colon);
  const verb = name.slice(colon + 1);
  if (model !== "" && colon !== -1) {
    switch (verb) {
      case "generateContent":
        return { kind: "chat", method: "POST", dialect: gemini, address: { model, stream: false } };
      case "streamGenerateContent":
        return { kind: "chat", method: "POST", dialect: geminiArray, sse: gemini, address: { model, stream: true } };
      case "countTokens":
        return { kind: "count", method: "POST", dialect: geminiCount, address: { model, stream: false } };
      default:
        // Of the API's other verbs none is served here. Tags of models (`llama3:8b`) are not written like this.
        if (/^[a-z]+([A-Z][a-z]+)+$/.test(verb)) return undefined;
    }
  }
  return { kind: "model", method: "GET", dialect: gemini, id: name };
};
