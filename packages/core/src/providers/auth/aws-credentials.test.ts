import { describe, expect, test } from "vitest";
import { checkAwsCredentials, keepUntilExpiry, type AwsCredentials } from "./aws-credentials.ts";

const minutes = (count: number): number => count * 60_000;
const keys = { accessKeyId: "AKIA", secretAccessKey: "canary-secret" };
const until = (epochMs: number): AwsCredentials => ({ ...keys, expiration: new Date(epochMs) });

describe("checkAwsCredentials", () => {
  test("keeps what is known of credentials and nothing else", () => {
    expect(checkAwsCredentials({ ...keys, other: 1 } as AwsCredentials, "It")).toEqual(keys);
  });

  test.each([
    [null, "gave no credentials"],
    [{}, "`accessKeyId`"],
    [{ ...keys, secretAccessKey: "canary-secret\r\nx: y" }, "`secretAccessKey`"],
    [{ ...keys, sessionToken: "" }, "`sessionToken`"],
    [{ ...keys, expiration: new Date("never") }, "`expiration`"],
    [{ ...keys, expiration: 5 }, "`expiration`"],
  ])("says of %j what is wrong, without the secret", (credentials, what) => {
    const check = (): unknown => checkAwsCredentials(credentials as AwsCredentials, "It");
    expect(check).toThrow(what);
    expect(check).not.toThrow("canary");
  });
});

describe("keepUntilExpiry", () => {
  test("asks for every call where nothing is said of an end", async () => {
    let asked = 0;
    const credentials = keepUntilExpiry(() => ({ ...keys, accessKeyId: `A${++asked}` }), "It");
    await credentials(0);
    expect((await credentials(0)).accessKeyId).toBe("A2");
  });

  test("keeps credentials until five minutes before their end, and asks once for calls that come together", async () => {
    let asked = 0;
    const credentials = keepUntilExpiry(async () => until(minutes(60) * ++asked), "It");
    await Promise.all([credentials(0), credentials(0), credentials(0)]);
    await credentials(minutes(54));
    expect(asked).toBe(1);
    await credentials(minutes(55));
    expect(asked).toBe(2);
  });

  test("goes on with credentials that cannot be renewed, until they really end", async () => {
    let works = true;
    const source = async (): Promise<AwsCredentials> => {
      if (works) return until(minutes(60));
      throw new Error("no network");
    };
    const credentials = keepUntilExpiry(source, "It");
    const first = await credentials(0);
    works = false;
    expect(await credentials(minutes(58))).toBe(first);
    await expect(credentials(minutes(60))).rejects.toThrow("no network");
    works = true;
    expect(await credentials(minutes(61))).toEqual(first);
  });
});
