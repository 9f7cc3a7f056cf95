import { createHmac, timingSafeEqual } from "node:crypto";

/** Signs what a model thought, and recognises its own signatures when they come back. */
export interface Signer {
  /**
   * `secret` is what was really thought and is not given away; `shown` is what the client sees and must send back
   * unchanged.
   */
  readonly sign: (secret: string, shown: string) => string;
  readonly verify: (signature: string, shown: string) => boolean;
}

const prefix = Buffer.from([0x12, 0x2c, 0x0a]);
const digestLength = 24;
const sealLength = 32;

/** Makes the signer of one provider; the same seed gives the same signatures in every process. */
export const createSigner = (seed: string): Signer => {
  const hash = (...parts: readonly (string | Buffer)[]): Buffer => {
    const hmac = createHmac("sha256", seed);
    for (const part of parts) hmac.update(part).update("\0");
    return hmac.digest();
  };
  return {
    sign: (secret, shown) => {
      const digest = hash("thought", secret).subarray(0, digestLength);
      return Buffer.concat([prefix, digest, hash("seal", digest, shown)]).toString("base64");
    },
    verify: (signature, shown) => {
      const bytes = Buffer.from(signature, "base64");
      if (bytes.length !== prefix.length + digestLength + sealLength || bytes.toString("base64") !== signature)
        return false;
      if (!bytes.subarray(0, prefix.length).equals(prefix)) return false;
      const digest = bytes.subarray(prefix.length, prefix.length + digestLength);
      return timingSafeEqual(bytes.subarray(prefix.length + digestLength), hash("seal", digest, shown));
    },
  };
};
