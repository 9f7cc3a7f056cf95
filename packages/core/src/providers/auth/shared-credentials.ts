import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { checkAwsCredentials, type AwsCredentials, type AwsCredentialSource } from "./aws-credentials.ts";

/** The values of one section of an INI file; `undefined` where there is no such section. */
const readSection = (text: string, wanted: string): ReadonlyMap<string, string> | undefined => {
  let section: Map<string, string> | undefined;
  let isWanted = false;
  for (const line of text.split(/\r?\n/)) {
    // A comment begins a line or follows a space: `#` and `;` may stand in values.
    const content = line.replace(/(^|\s)[#;].*$/, "").trim();
    const heading = /^\[\s*(.*?)\s*\]$/.exec(content);
    if (heading !== null) {
      isWanted = heading[1] === wanted;
      if (isWanted) section ??= new Map();
      continue;
    }
    const equals = content.indexOf("=");
    if (isWanted && equals > 0) {
      section?.set(content.slice(0, equals).trim().toLowerCase(), content.slice(equals + 1).trim());
    }
  }
  return section;
};

/**
 * The credentials of one profile in the text of a shared credentials file.
 *
 * @throws TypeError where the profile is not there or holds no keys.
 */
export const parseSharedCredentials = (text: string, profile: string, path: string): AwsCredentials => {
  const origin = `Profile ${JSON.stringify(profile)} of ${path}`;
  const section = readSection(text, profile);
  if (section === undefined) throw new TypeError(`${path} has no profile ${JSON.stringify(profile)}.`);
  const sessionToken = section.get("aws_session_token");
  return checkAwsCredentials(
    {
      accessKeyId: section.get("aws_access_key_id") ?? "",
      secretAccessKey: section.get("aws_secret_access_key") ?? "",
      ...(sessionToken === undefined ? {} : { sessionToken }),
    },
    origin,
  );
};

/** Where the shared credentials file is. */
export const sharedCredentialsPath = (environment: Readonly<Record<string, string | undefined>>): string =>
  environment["AWS_SHARED_CREDENTIALS_FILE"]?.trim() || join(homedir(), ".aws", "credentials");

/**
 * Credentials from the shared file. It is read at once, so that a mistake in it is told when the gateway is made, and
 * again for each call, since tools for temporary credentials rewrite it.
 *
 * @throws TypeError where the file cannot be read or has no such profile.
 */
export const fromSharedCredentials = (path: string, profile: string): AwsCredentialSource => {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new TypeError(`The credentials file ${path} cannot be read.`, { cause });
  }
  parseSharedCredentials(text, profile, path);
  return async () => parseSharedCredentials(await readFile(path, "utf8"), profile, path);
};
