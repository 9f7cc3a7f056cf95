import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fromSharedCredentials, parseSharedCredentials, sharedCredentialsPath } from "./shared-credentials.ts";

const file = `
# aws_access_key_id = COMMENT
[default]
aws_access_key_id = AKIA1
aws_secret_access_key=a/b+c= # mine
; [work]
[ work ]\r
AWS_ACCESS_KEY_ID = AKIA2\r
aws_secret_access_key = d#e;f\r
aws_session_token = token==\r
region = eu-west-1
[empty]
[__proto__]
aws_access_key_id = AKIA3
[default]
aws_access_key_id = AKIA4
`;

const parse = (profile: string): unknown => parseSharedCredentials(file, profile, "the file");

describe("parseSharedCredentials", () => {
  test("reads a profile, whatever stands around it; what is said again replaces what was said", () => {
    expect(parse("default")).toEqual({ accessKeyId: "AKIA4", secretAccessKey: "a/b+c=" });
    expect(parse("work")).toEqual({ accessKeyId: "AKIA2", secretAccessKey: "d#e;f", sessionToken: "token==" });
  });

  test("says which profile is not there or holds no keys", () => {
    expect(() => parse("absent")).toThrow('the file has no profile "absent"');
    expect(() => parse("empty")).toThrow('Profile "empty" of the file gave no usable `accessKeyId`');
    expect(() => parse("__proto__")).toThrow("`secretAccessKey`");
  });
});

describe("fromSharedCredentials", () => {
  test("reads the file again for each call, since it may have been rewritten", async () => {
    const directory = mkdtempSync(join(tmpdir(), "credentials-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const path = join(directory, "credentials");
    writeFileSync(path, file);
    const source = fromSharedCredentials(path, "work");
    writeFileSync(path, file.replace("AKIA2", "AKIA9"));
    expect(await source()).toMatchObject({ accessKeyId: "AKIA9" });
  });

  test("says at once that there is no file", () => {
    expect(() => fromSharedCredentials("/nowhere/credentials", "default")).toThrow(
      "/nowhere/credentials cannot be read",
    );
  });

  test("finds the file where a variable says, else in the home directory", () => {
    expect(sharedCredentialsPath({ AWS_SHARED_CREDENTIALS_FILE: "/a/b" })).toBe("/a/b");
    expect(sharedCredentialsPath({})).toMatch(/\.aws.credentials$/);
  });
});
