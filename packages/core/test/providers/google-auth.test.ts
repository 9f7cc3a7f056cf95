import { generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as GoogleLibrary from "google-auth-library";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { GoogleAuthClient, VertexOptions } from "../../src/index.ts";
import { vertexFrom } from "../../src/providers/vertex.ts";
import { ask, geminiAnswer, type Sent } from "./ask.ts";

// Its token endpoint for service accounts is Google's own and no other: what is sent there goes to the fake one.
vi.mock("google-auth-library", async (original) => {
  const library = await original<typeof GoogleLibrary>();
  class JWT extends library.JWT {
    constructor(options: object) {
      const fetchImplementation: typeof fetch = (input, init) =>
        fetch(String(input).replace("https://oauth2.googleapis.com", `http://${origin}`), init);
      super({ ...options, transporterOptions: { fetchImplementation } });
    }
  }
  return { ...library, JWT };
});

const requests: string[] = [];
let lifetimeSeconds = 3600;

/** What Google's token endpoints and the metadata server of a machine answer. */
const answer = (request: IncomingMessage, body: string): string => {
  requests.push(`${request.method} ${request.url} ${body}`);
  if (request.url?.startsWith("/computeMetadata/v1/instance/service-accounts/default/token")) {
    return JSON.stringify({ access_token: `machine-${requests.length}`, expires_in: lifetimeSeconds });
  }
  return JSON.stringify({
    access_token: "federated",
    issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
    token_type: "Bearer",
    expires_in: lifetimeSeconds,
  });
};

const google = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/json", "metadata-flavor": "Google" });
    response.end(answer(request, Buffer.concat(chunks).toString()));
  });
});

let origin = "";
beforeEach(async () => {
  requests.length = 0;
  lifetimeSeconds = 3600;
  await new Promise<void>((resolve) => {
    google.listen(0, "127.0.0.1", resolve);
  });
  // A server that listens on a port has such an address.
  origin = `127.0.0.1:${(google.address() as AddressInfo).port}`;
  vi.stubEnv("GCE_METADATA_HOST", origin);
  vi.stubEnv("HOME", "/nowhere");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  google.closeAllConnections();
  await new Promise((resolve) => google.close(resolve));
});

const hello = { model: "vertex/gemini-2.5-flash", messages: [{ role: "user", content: "Hello" }] };
const asking = (options: VertexOptions = {}): (() => Promise<Sent["headers"]>) => {
  const provider = vertexFrom({}, { project: "acme-1", ...options });
  return async () => {
    const { sent, response } = await ask(provider, hello, geminiAnswer);
    const [first] = sent;
    if (first === undefined) throw new Error(await response.text());
    return first.headers;
  };
};

const tokensAsked = (): number => requests.filter((request) => /token/.test(request)).length;

describe("Google's credentials", () => {
  test("are the machine's where it has some: asked for once, for calls that come together and those that follow", async () => {
    const call = asking();
    const [first, second] = await Promise.all([call(), call()]);
    expect(first["authorization"]).toMatch(/^Bearer machine-\d+$/);
    expect(second["authorization"]).toBe(first["authorization"]);
    expect((await call())["authorization"]).toBe(first["authorization"]);
    expect(tokensAsked()).toBe(1);
  });

  test("are asked for again where they are about to end", async () => {
    lifetimeSeconds = 1;
    const call = asking();
    const before = (await call())["authorization"];
    expect((await call())["authorization"]).not.toBe(before);
  });

  test("are those of the file that a variable names, and say who pays", async () => {
    const directory = mkdtempSync(join(tmpdir(), "google-"));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const subject = join(directory, "subject");
    const key = join(directory, "key.json");
    writeFileSync(subject, "subject-token");
    const content = {
      type: "external_account",
      audience: "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/p",
      subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
      token_url: `http://${origin}/v1/token`,
      credential_source: { file: subject },
      quota_project_id: "payer",
    };
    writeFileSync(key, JSON.stringify(content));
    vi.stubEnv("GOOGLE_APPLICATION_CREDENTIALS", key);
    expect(await asking()()).toMatchObject({ authorization: "Bearer federated", "x-goog-user-project": "payer" });
    expect(requests[0]).toContain("subject-token");
  });

  test("are a service account's where its key is given, which signs for the token and is kept", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const private_key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const call = asking({ credentials: { client_email: "robot@acme-1.iam.gserviceaccount.com", private_key } });
    expect((await call())["authorization"]).toBe("Bearer federated");
    await call();
    expect(requests).toHaveLength(1);
    const assertion = /assertion=([^&]+)/.exec(requests[0] ?? "")?.[1] ?? "";
    const [header = "", claims = "", signature = ""] = decodeURIComponent(assertion).split(".");
    expect(JSON.parse(Buffer.from(claims, "base64url").toString())).toMatchObject({
      iss: "robot@acme-1.iam.gserviceaccount.com",
      scope: "https://www.googleapis.com/auth/cloud-platform",
    });
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify("sha256", signed, publicKey, Buffer.from(signature, "base64url"))).toBe(true);
  });

  test("come from a client of the host's own, whose forms of headers are both taken", async () => {
    for (const headers of [{ authorization: "Bearer own" }, new Headers({ Authorization: "Bearer own" })]) {
      const credentials: GoogleAuthClient = { getRequestHeaders: () => Promise.resolve(headers) };
      expect((await asking({ credentials })())["authorization"]).toBe("Bearer own");
    }
    expect(requests).toEqual([]);
  });

  test("that cannot be had fail the call, in words that hold none of them", async () => {
    const credentials: GoogleAuthClient = { getRequestHeaders: () => Promise.reject(new Error("canary")) };
    const failed = asking({ credentials })();
    await expect(failed).rejects.toThrow("The credentials of vertex failed.");
    await expect(failed).rejects.not.toThrow("canary");
  });
});
