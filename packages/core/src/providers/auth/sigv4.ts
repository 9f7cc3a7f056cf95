import { createHash, createHmac } from "node:crypto";
import type { AwsCredentials } from "./aws-credentials.ts";

/** What a signature is valid for. */
export interface SigningScope {
  readonly region: string;
  /** The service's signing name: `bedrock`. */
  readonly service: string;
}

/** A request as it will be sent: a signature covers its exact bytes. */
export interface UnsignedRequest {
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const algorithm = "AWS4-HMAC-SHA256";

const sha256 = (content: string | Uint8Array): string => createHash("sha256").update(content).digest("hex");
const hmac = (key: string | Uint8Array, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Percent-encodes all but letters, digits, `-`, `.`, `_` and `~`. */
const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * The headers that sign a request with AWS Signature Version 4.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export const signRequest = (
  { method, url, headers, body }: UnsignedRequest,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  { region, service }: SigningScope,
  epochMs: number,
): Readonly<Record<string, string>> => {
  const { host, pathname, search } = new URL(url);
  const time = new Date(epochMs).toISOString().replace(/[-:]|\.\d+/g, "");
  const date = time.slice(0, 8);
  const added = {
    "x-amz-date": time,
    ...(sessionToken === undefined ? {} : { "x-amz-security-token": sessionToken }),
  };
  // What is on its way may change other headers or add to them; these are the ones that AWS asks for.
  const signed = Object.entries({ ...headers, ...added, host })
    .filter(([name]) => name === "host" || name === "content-type" || name.startsWith("x-amz-"))
    .toSorted(byText);
  const signedNames = signed.map(([name]) => name).join(";");
  const canonicalRequest = [
    method,
    // The path is encoded already, and is encoded once more for every service but S3.
    pathname.split("/").map(encode).join("/"),
    canonicalQuery(search),
    ...signed.map(([name, value]) => `${name}:${value.trim().replace(/ +/g, " ")}`),
    "",
    signedNames,
    sha256(body),
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const textToSign = [algorithm, time, scope, sha256(canonicalRequest)].join("\n");
  const key = [date, region, service, "aws4_request"].reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`);
  const signature = hmac(key, textToSign).toString("hex");
  return {
    ...added,
    authorization: `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`,
  };
};

/** Order of code units, as AWS sorts: not that of any language. */
const byText = ([a, x]: readonly [string, string], [b, y]: readonly [string, string]): number => {
  if (a !== b) return a < b ? -1 : 1;
  return x < y ? -1 : Number(x > y);
};

const canonicalQuery = (search: string): string =>
  [...new URLSearchParams(search)]
    .map(([name, value]): [string, string] => [encode(name), encode(value)])
    .toSorted(byText)
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
