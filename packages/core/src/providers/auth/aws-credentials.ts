/** What signs requests to AWS. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Comes with temporary credentials. */
  readonly sessionToken?: string;
  /** When they end. They are asked for again shortly before; without it, for every call. */
  readonly expiration?: Date;
}

/** Gives credentials: the credential providers of the AWS SDK have this form too. */
export type AwsCredentialSource = () => AwsCredentials | Promise<AwsCredentials>;

/** Time before their end from which on credentials are renewed, as the AWS SDKs do. */
const renewalMs = 5 * 60_000;

// Whatever else stood in a header would be refused by the transport, in words that might hold it.
const isPrintable = (value: unknown): value is string => typeof value === "string" && /^[\x21-\x7e]+$/.test(value);

/**
 * Credentials with nothing but what is known of them.
 *
 * @throws TypeError naming the field at fault and nothing of what it holds.
 */
export const checkAwsCredentials = (credentials: AwsCredentials, origin: string): AwsCredentials => {
  const fail = (what: string): TypeError => new TypeError(`${origin} ${what}.`);
  if (typeof credentials !== "object" || credentials === null) throw fail("gave no credentials");
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials;
  if (!isPrintable(accessKeyId)) throw fail("gave no usable `accessKeyId`");
  if (!isPrintable(secretAccessKey)) throw fail("gave no usable `secretAccessKey`");
  if (sessionToken !== undefined && !isPrintable(sessionToken)) throw fail("gave no usable `sessionToken`");
  if (expiration !== undefined && !(expiration instanceof Date && !Number.isNaN(expiration.getTime()))) {
    throw fail("gave an `expiration` that is no date");
  }
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    ...(expiration === undefined ? {} : { expiration }),
  };
};

/**
 * A source that asks another one only when it has to: credentials with an `expiration` are kept until shortly before
 * it, and calls that come together wait for one answer.
 */
export const keepUntilExpiry = (
  source: AwsCredentialSource,
  origin: string,
): ((epochMs: number) => AwsCredentials | Promise<AwsCredentials>) => {
  let kept: AwsCredentials | undefined;
  let asking: Promise<AwsCredentials> | undefined;

  const ask = async (): Promise<AwsCredentials> => {
    try {
      return (kept = checkAwsCredentials(await source(), origin));
    } finally {
      asking = undefined;
    }
  };

  return (epochMs) => {
    const current = kept;
    const leftMs = (current?.expiration?.getTime() ?? 0) - epochMs;
    if (current !== undefined && leftMs > renewalMs) return current;
    asking ??= ask();
    // What is about to end still serves where it cannot be renewed.
    return current !== undefined && leftMs > 0 ? asking.catch(() => current) : asking;
  };
};
