import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { isPublicAddress, privateHostOf } from "./public-address.ts";
import { createUndiciTransport } from "./undici.ts";

describe("isPublicAddress", () => {
  it.each(["1.1.1.1", "8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1"])(
    "lets %s through",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "::1",
    "::",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::a00:1",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "2001:db8::1",
    "2002:a00:1::",
    "not an address",
    "",
  ])("holds %s back", (address) => expect(isPublicAddress(address)).toBe(false));
});

describe("privateHostOf", () => {
  it.each([
    ["https://127.0.0.1/x", "127.0.0.1"],
    // However it is written, an address of version 4 is the same.
    ["https://2130706433/x", "127.0.0.1"],
    ["https://0x7f.1/x", "127.0.0.1"],
    ["https://[::1]/x", "::1"],
    ["https://[::ffff:7f00:1]/x", "::ffff:7f00:1"],
    ["https://8.8.8.8/x", undefined],
    ["https://example.com/x", undefined],
  ])("of %s is %s", (url, host) => expect(privateHostOf(url)).toBe(host));
});

describe("a transport to the public internet only", () => {
  it.each(["127.0.0.1", "localhost"])("does not even connect to %s", async (host) => {
    let connections = 0;
    const server = createServer((_, response) => response.end("secret"));
    server.on("connection", () => connections++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // Listening on a port gives an address with one.
    const { port } = server.address() as AddressInfo;
    const transport = createUndiciTransport({ publicOnly: true });
    onTestFinished(async () => {
      await transport.close();
      server.close();
    });
    const url = `http://${host}:${port}/`;
    const { signal } = new AbortController();
    const sent = transport.send({ method: "GET", url, headers: {}, signal });
    await expect(sent).rejects.toMatchObject({ code: "upstream_unreachable" });
    expect(connections).toBe(0);
  });
});
