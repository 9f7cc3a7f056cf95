import { createRequire } from "node:module";
import { untraced } from "../../telemetry/untraced.ts";
import type { AuthorizeRequest } from "../provider.ts";

/** What gives the headers for a call to Google Cloud: a `GoogleAuth` or any client of google-auth-library. */
export interface GoogleAuthClient {
  readonly getRequestHeaders: (url?: string) => Promise<Headers | Readonly<Record<string, string>>>;
}

/** The key of a service account, as its file has it. */
export interface GoogleServiceAccount {
  readonly client_email: string;
  readonly private_key: string;
}

export type GoogleCredentials = GoogleServiceAccount | GoogleAuthClient;

const library = "google-auth-library";
const scopes = "https://www.googleapis.com/auth/cloud-platform";

/**
 * Shows Google who is asking: by the credentials given, else those that the environment, gcloud or the machine's
 * metadata server has. The library finds tokens, keeps them while they are good and asks once for calls that come
 * together; it is loaded for the first call.
 *
 * @throws TypeError for credentials that cannot be, and where the library is needed and not installed.
 */
export const googleAuthorizer = (
  credentials: GoogleCredentials | undefined,
  projectId: string,
  factory: string,
): ((epochMs: number) => Promise<AuthorizeRequest>) => {
  checkCredentials(credentials, factory);
  const isClient = credentials !== undefined && "getRequestHeaders" in credentials;
  if (!isClient) requireLibrary(factory);
  let client: Promise<GoogleAuthClient> | undefined;
  const find = async (): Promise<GoogleAuthClient> => {
    if (isClient) return credentials;
    const { GoogleAuth, JWT } = await import("google-auth-library");
    return credentials === undefined
      ? // It would look for the project in places that take seconds to answer.
        new GoogleAuth({ scopes, projectId })
      : new JWT({ email: credentials.client_email, key: credentials.private_key, scopes });
  };
  return async () => {
    const headers = new Headers(await untraced(async () => (await (client ??= find())).getRequestHeaders()));
    const shown = Object.fromEntries(headers);
    return () => shown;
  };
};

const checkCredentials = (credentials: unknown, factory: string): void => {
  if (credentials === undefined) return;
  // Looked at field by field, whatever it is.
  const { getRequestHeaders, client_email, private_key } = (credentials ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof getRequestHeaders === "function") return;
  if (typeof client_email === "string" && typeof private_key === "string" && private_key.includes("PRIVATE KEY"))
    return;
  throw new TypeError(
    `\`credentials\` of ${factory} must be the key of a service account, as its file has it, or a client of ${library}.`,
  );
};

const requireLibrary = (factory: string): void => {
  try {
    createRequire(import.meta.url).resolve(library);
  } catch (cause) {
    throw new TypeError(
      `${factory} needs the package ${library} to find Google's credentials: npm install ${library}. ` +
        "Without it, give an `accessToken` or an `apiKey`.",
      { cause },
    );
  }
};
