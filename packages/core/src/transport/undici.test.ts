import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from "node:net";
import { inspect, promisify } from "node:util";
import { brotliCompress, constants, createGzip, deflate, gzip, zstdCompress } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { GatewayError } from "../errors.ts";
import type { Transport, TransportRequest, TransportResponse } from "./transport.ts";
import { createUndiciTransport, type UndiciTransportOptions } from "./undici.ts";

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const transportWith = (options: UndiciTransportOptions = {}): Transport => {
  const transport = createUndiciTransport({ closeGraceMs: 10, ...options });
  cleanups.push(() => transport.close());
  return transport;
};

interface TestServer {
  readonly url: string;
  /** Every connection that was ever made. */
  readonly sockets: readonly Socket[];
  readonly close: () => Promise<void>;
}

const listen = async (server: Server): Promise<TestServer> => {
  const sockets: Socket[] = [];
  server.on("connection", (socket: Socket) => {
    sockets.push(socket);
    // Resets are what these tests are about.
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    if (server.listening) await promisify(server.close.bind(server))();
  };
  cleanups.push(close);
  // A server that listens on TCP has an address of this kind.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, sockets, close };
};

const httpServer = (listener: RequestListener): Promise<TestServer> => listen(createServer(listener));
const tcpServer = (onConnection: (socket: Socket) => void): Promise<TestServer> =>
  listen(createTcpServer(onConnection));

const get = (url: string, signal = new AbortController().signal): TransportRequest => ({
  method: "GET",
  url,
  headers: {},
  signal,
});

const post = (url: string, body: string | Uint8Array): TransportRequest => ({ ...get(url), method: "POST", body });

const readAll = async ({ body }: TransportResponse): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  for (let result = await body.next(); result.done !== true; result = await body.next()) chunks.push(result.value);
  return Buffer.concat(chunks);
};

const readText = async (response: TransportResponse): Promise<string> => (await readAll(response)).toString();

const nextText = async ({ body }: TransportResponse): Promise<string> => {
  const result = await body.next();
  return result.done === true ? "<end>" : Buffer.from(result.value).toString();
};

/** A connection serves the next request one turn of the event loop after the last. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Waits for something that I/O brings about; the test's own time limit ends a vain wait. */
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await nextTurn();
};

const requestHead = "\r\n\r\n";

describe("createUndiciTransport", () => {
  it("sends what it is given and brings back status, headers and body", async () => {
    const seen: { method?: string; url?: string; headers?: IncomingMessage["headers"]; body?: string } = {};
    const server = await httpServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        Object.assign(seen, { method, url, headers, body: Buffer.concat(chunks).toString() });
        response.writeHead(201, ["X-Request-Id", "r1", "x-many", "a", "X-Many", "b"]);
        response.end("done");
      });
    });
    const response = await transportWith().send({
      ...post(`${server.url}/v1/chat?a=1#fragment`, '{"a":"\u00e9"}'),
      headers: { "content-type": "application/json", authorization: "Bearer k" },
    });
    expect(response.status).toBe(201);
    expect(response.headers).toMatchObject({ "x-request-id": "r1", "x-many": "a, b" });
    expect(await readText(response)).toBe("done");
    expect(seen).toMatchObject({ method: "POST", url: "/v1/chat?a=1", body: '{"a":"\u00e9"}' });
    expect(seen.headers).toMatchObject({
      authorization: "Bearer k",
      "content-type": "application/json",
      "content-length": "10",
      "accept-encoding": "identity",
    });
  });

  it("sends bytes as they are, and the caller's accept-encoding in place of its own", async () => {
    const server = await httpServer((request, response) => {
      request.once("data", (body: Buffer) =>
        response.end(`${request.headers["accept-encoding"]} ${body.toString("hex")}`),
      );
    });
    const request = { ...post(server.url, Uint8Array.of(0, 255, 10)), headers: { "accept-encoding": "gzip" } };
    expect(await readText(await transportWith().send(request))).toBe("gzip 00ff0a");
  });

  it("delivers a stream chunk by chunk as it comes", async () => {
    let stream: ServerResponse | undefined;
    const server = await httpServer((_, response) => {
      stream = response;
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
    });
    const response = await transportWith().send(get(server.url));
    for (const text of ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"]) {
      const reading = nextText(response);
      stream?.write(text);
      expect(await reading).toBe(text);
    }
    const reading = nextText(response);
    stream?.end();
    expect(await reading).toBe("<end>");
    expect(await nextText(response)).toBe("<end>");
  });

  it("gives the chunks that one read brought together", async () => {
    const server = await tcpServer((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")),
    );
    const response = await transportWith().send(get(server.url));
    for (const end of ["", "0\r\n\r\n"]) {
      const reading = nextText(response);
      server.sockets[0]?.write(`1\r\na\r\n1\r\nb\r\n1\r\nc\r\n${end}`);
      expect(await reading).toBe("abc");
    }
    expect(await nextText(response)).toBe("<end>");
  });

  it("passes over interim answers", async () => {
    const server = await tcpServer((socket) => {
      socket.once("data", () =>
        socket.write("HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"),
      );
    });
    const response = await transportWith().send(get(server.url));
    expect(response.status).toBe(200);
    expect(await readText(response)).toBe("ok");
  });

  it("returns a redirect as it is", async () => {
    let requests = 0;
    const server = await httpServer((_, response) => {
      requests++;
      response.writeHead(302, { location: "/elsewhere" });
      response.end();
    });
    const response = await transportWith().send(get(server.url));
    expect(response).toMatchObject({ status: 302, headers: { location: "/elsewhere" } });
    expect(await readText(response)).toBe("");
    expect(requests).toBe(1);
  });

  it("refuses a second read while one waits, and loses nothing by it", async () => {
    let stream: ServerResponse | undefined;
    const server = await httpServer((_, response) => {
      stream = response;
      response.flushHeaders();
    });
    const response = await transportWith().send(get(server.url));
    const reading = nextText(response);
    await expect(response.body.next()).rejects.toBeInstanceOf(TypeError);
    stream?.end("data");
    expect(await reading).toBe("data");
  });

  it("stops reading from the network while nobody reads from it", async () => {
    const total = 32 * 1024 * 1024;
    let written = 0;
    let isStalled = false;
    const server = await httpServer((_, response) => {
      const piece = Buffer.alloc(64 * 1024, "x");
      const write = (): void => {
        while (written < total) {
          written += piece.length;
          if (!response.write(piece)) {
            isStalled = true;
            response.once("drain", write);
            return;
          }
          isStalled = false;
        }
        response.end();
      };
      write();
    });
    const response = await transportWith().send(get(server.url));
    // Socket buffers of both sides hold some megabytes; then nothing moves any more.
    let before = -1;
    while (before !== written) {
      before = written;
      for (let turn = 0; turn < 50; turn++) await nextTurn();
    }
    expect(isStalled).toBe(true);
    expect(written).toBeLessThan(total);
    expect(await readAll(response)).toHaveLength(total);
  });

  it("keeps connections and uses them again", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    const transport = transportWith();
    for (let call = 0; call < 3; call++) {
      expect(await readText(await transport.send(get(server.url)))).toBe("ok");
      await nextTurn();
    }
    expect(server.sockets).toHaveLength(1);
  });

  it("opens no more connections than it may", async () => {
    const waiting: ServerResponse[] = [];
    const server = await httpServer((_, response) => void waiting.push(response));
    const transport = transportWith({ connections: 2 });
    const calls = [1, 2, 3].map(async () => readText(await transport.send(get(server.url))));
    await until(() => waiting.length === 2);
    waiting[0]?.end("a");
    await until(() => waiting.length === 3);
    waiting[1]?.end("b");
    waiting[2]?.end("c");
    expect((await Promise.all(calls)).toSorted()).toEqual(["a", "b", "c"]);
    expect(server.sockets).toHaveLength(2);
  });

  it("refuses options that make no sense", () => {
    expect(() => createUndiciTransport({ connectTimeoutMs: 0 })).toThrow(
      "`transport.connectTimeoutMs` must be a positive integer, got 0.",
    );
    expect(() => createUndiciTransport({ connections: 1.5 })).toThrow(TypeError);
  });

  it("names a URL that is not absolute as the mistake, without repeating it", async () => {
    await expect(transportWith().send(get("/v1?key=secret"))).rejects.toThrow(
      new TypeError("The URL of a provider request must be absolute."),
    );
  });
});

describe("giving up", () => {
  const streaming = async (): Promise<TestServer> =>
    httpServer((_, response) => {
      response.writeHead(200);
      response.write("begun");
    });

  const closed = (server: TestServer): Promise<void> => until(() => server.sockets.every((socket) => socket.destroyed));

  it("does not send for a signal that is aborted already", async () => {
    const server = await streaming();
    const reason = new Error("too late");
    await expect(transportWith().send(get(server.url, AbortSignal.abort(reason)))).rejects.toBe(reason);
    expect(server.sockets).toHaveLength(0);
  });

  it("closes the connection at once when aborted before the answer", async () => {
    let requests = 0;
    const server = await httpServer(() => void requests++);
    const controller = new AbortController();
    const sending = transportWith().send(get(server.url, controller.signal));
    await until(() => requests === 1);
    const reason = new Error("client gone");
    controller.abort(reason);
    await expect(sending).rejects.toBe(reason);
    await closed(server);
  });

  it("closes the connection at once when aborted while a read waits", async () => {
    const server = await streaming();
    const controller = new AbortController();
    const response = await transportWith().send(get(server.url, controller.signal));
    expect(await nextText(response)).toBe("begun");
    const reading = response.body.next();
    const reason = new Error("client gone");
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await expect(response.body.next()).rejects.toBe(reason);
    await closed(server);
  });

  it("drops what was not read yet when aborted", async () => {
    // Headers and data come with one read, so the data is there when the answer is.
    const server = await tcpServer((socket) =>
      socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbegun")),
    );
    const controller = new AbortController();
    const response = await transportWith().send(get(server.url, controller.signal));
    controller.abort(new Error("client gone"));
    await expect(response.body.next()).rejects.toThrow("client gone");
    await closed(server);
  });

  it("ignores an abort once the answer is complete", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    const controller = new AbortController();
    const transport = transportWith();
    const response = await transport.send(get(server.url, controller.signal));
    expect(await readText(response)).toBe("ok");
    controller.abort();
    expect(await nextText(response)).toBe("<end>");
    await nextTurn();
    expect(await readText(await transport.send(get(server.url)))).toBe("ok");
    expect(server.sockets).toHaveLength(1);
  });

  it("closes the connection on return, also under a read that waits", async () => {
    const server = await streaming();
    const response = await transportWith().send(get(server.url));
    expect(await nextText(response)).toBe("begun");
    const reading = nextText(response);
    expect(await response.body.return?.()).toEqual({ done: true, value: undefined });
    expect(await reading).toBe("<end>");
    expect(await nextText(response)).toBe("<end>");
    await closed(server);
  });

  it("keeps the connection on return where the answer had come to its end", async () => {
    const server = await httpServer((_, response) => response.end("ok"));
    const transport = transportWith();
    const response = await transport.send(get(server.url));
    await nextText(response);
    await response.body.return?.();
    await nextTurn();
    await readText(await transport.send(get(server.url)));
    expect(server.sockets).toHaveLength(1);
  });

  it("takes back a request that waits for a connection, and leaves that connection to others", async () => {
    const waiting: ServerResponse[] = [];
    const urls: string[] = [];
    const server = await httpServer((request, response) => {
      urls.push(request.url ?? "");
      waiting.push(response);
    });
    const transport = transportWith({ connections: 1 });
    const first = transport.send(get(`${server.url}/first`));
    await until(() => waiting.length === 1);
    const controller = new AbortController();
    const second = transport.send(get(`${server.url}/second`, controller.signal));
    const third = transport.send(get(`${server.url}/third`));
    controller.abort(new Error("never mind"));
    await expect(second).rejects.toThrow("never mind");
    waiting[0]?.end();
    await readText(await first);
    await until(() => waiting.length === 2);
    waiting[1]?.end();
    await readText(await third);
    expect(urls).toEqual(["/first", "/third"]);
    expect(server.sockets).toHaveLength(1);
  });

  it("closes idle connections, and after the grace time those in use", async () => {
    const server = await streaming();
    const transport = transportWith({ closeGraceMs: 10 });
    const response = await transport.send(get(server.url));
    expect(await nextText(response)).toBe("begun");
    await Promise.all([transport.close(), transport.close()]);
    await expect(response.body.next()).rejects.toMatchObject({ code: "shutting_down" });
    await expect(transport.send(get(server.url))).rejects.toMatchObject({ code: "shutting_down" });
    await closed(server);
  });

  it("lets answers come to their end while it closes", async () => {
    let stream: ServerResponse | undefined;
    const server = await httpServer((_, response) => {
      stream = response;
      response.write("begun");
    });
    const transport = transportWith({ closeGraceMs: 60_000 });
    const response = await transport.send(get(server.url));
    const closing = transport.close();
    stream?.end(" and done");
    expect(await readText(response)).toBe("begun and done");
    await closing;
  });
});

describe("what goes wrong on the way", () => {
  const failure = (server: { readonly url: string }, options?: UndiciTransportOptions): Promise<unknown> =>
    transportWith(options)
      .send(post(`${server.url}/v1?key=secret`, "{}"))
      .then(
        () => undefined,
        (error: unknown) => error,
      );

  it("calls a refused connection unreachable", async () => {
    const server = await httpServer(() => undefined);
    await server.close();
    const error = await failure(server);
    expect(GatewayError.is(error)).toBe(true);
    expect(error).toMatchObject({
      code: "upstream_unreachable",
      message: "The provider could not be reached (ECONNREFUSED).",
    });
  });

  it("calls a connection that does not open in time unreachable", async () => {
    // A listening server takes a TCP connection by itself, so it is TLS that does not come about.
    const server = await tcpServer(() => undefined);
    const failing = failure({ url: server.url.replace("http:", "https:") }, { connectTimeoutMs: 5_000 });
    await until(() => server.sockets.length === 1);
    // Undici's timers count in steps of half a second; that they can be told to is for tests like this.
    const timers = createRequire(import.meta.url)("undici/lib/util/timers.js") as { tick: (ms: number) => void };
    for (const ms of [0, 5_000]) timers.tick(ms);
    const error = await failing;
    expect(error).toMatchObject({
      code: "upstream_unreachable",
      message: "The provider could not be reached (UND_ERR_CONNECT_TIMEOUT).",
      cause: { message: expect.stringContaining("timeout: 5000ms") },
    });
  });

  it("calls a failed handshake a TLS error", async () => {
    const server = await tcpServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const error = await failure({ url: server.url.replace("http:", "https:") });
    expect(error).toMatchObject({ code: "upstream_tls_error" });
  });

  it.each([
    ["closed", (socket: Socket) => socket.end()],
    ["reset", (socket: Socket) => socket.resetAndDestroy()],
  ])("calls a connection %s before the headers a reset, and does not try again where it was new", async (_, end) => {
    const server = await tcpServer((socket) => socket.once("data", () => end(socket)));
    expect(await failure(server)).toMatchObject({ code: "upstream_reset" });
    expect(server.sockets).toHaveLength(1);
  });

  it.each([
    ["closed", (socket: Socket) => socket.end()],
    ["reset", (socket: Socket) => socket.resetAndDestroy()],
  ])("asks once more on a new connection where a used one is %s without an answer", async (_, end) => {
    const bodies: string[] = [];
    const server = await tcpServer((socket) => {
      let requests = 0;
      socket.on("data", (data) => {
        bodies.push(data.toString().split(requestHead)[1] ?? "");
        if (++requests === 2) end(socket);
        else socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      });
    });
    const transport = transportWith();
    expect(await readText(await transport.send(post(server.url, "first")))).toBe("ok");
    await nextTurn();
    expect(await readText(await transport.send(post(server.url, "second")))).toBe("ok");
    expect(bodies).toEqual(["first", "second", "second"]);
    expect(server.sockets).toHaveLength(2);
  });

  it("asks once more on a new connection even where another used one is idle", async () => {
    const answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    const first: Socket[] = [];
    let total = 0;
    const server = await tcpServer((socket) => {
      let requests = 0;
      socket.on("data", () => {
        total++;
        // The first two connections answer one request each, together, so that there are two.
        if (++requests > 1) socket.destroy();
        else if (first.push(socket) > 2) socket.write(answer);
        else if (first.length === 2) for (const each of first) each.write(answer);
      });
    });
    const transport = transportWith();
    const send = async (): Promise<string> => readText(await transport.send(get(server.url)));
    expect(await Promise.all([send(), send()])).toEqual(["ok", "ok"]);
    await nextTurn();
    expect(await send()).toBe("ok");
    expect(total).toBe(4);
    expect(server.sockets).toHaveLength(3);
  });

  it("does not take a connection for used because one before it was", async () => {
    const server = await tcpServer((socket) =>
      socket.once("data", (data) => {
        const path = data.toString().split(" ")[1];
        if (path === "/stays") socket.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nbegun");
        else if (path === "/closes") socket.end("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok");
        else socket.destroy();
      }),
    );
    const transport = transportWith();
    // Keeps the pool, and with it the client whose connection is replaced.
    await transport.send(get(`${server.url}/stays`));
    expect(await readText(await transport.send(get(`${server.url}/closes`)))).toBe("ok");
    await until(() => server.sockets[1]?.destroyed === true);
    await nextTurn();
    await expect(transport.send(get(`${server.url}/resets`))).rejects.toMatchObject({ code: "upstream_reset" });
    expect(server.sockets).toHaveLength(3);
  });

  it("asks only once more", async () => {
    let requests = 0;
    const server = await tcpServer((socket) =>
      socket.on("data", () => {
        if (++requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        else socket.resetAndDestroy();
      }),
    );
    const transport = transportWith();
    await readText(await transport.send(get(server.url)));
    await nextTurn();
    await expect(transport.send(get(server.url))).rejects.toMatchObject({ code: "upstream_reset" });
    expect(requests).toBe(3);
  });

  it("does not ask once more where an answer had begun", async () => {
    let requests = 0;
    const server = await tcpServer((socket) =>
      socket.on("data", () => {
        if (++requests === 1) socket.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        else socket.end("HTTP/1.1 2");
      }),
    );
    const transport = transportWith();
    await readText(await transport.send(get(server.url)));
    await nextTurn();
    await expect(transport.send(get(server.url))).rejects.toMatchObject({ code: "upstream_reset" });
    expect(requests).toBe(2);
  });

  it.each([
    ["a length that is not met", "content-length: 9\r\n\r\nbegun", "end"],
    ["a chunk that is not finished", "transfer-encoding: chunked\r\n\r\n5\r\nbegun\r\n7\r\n", "end"],
    ["a reset", "content-length: 9\r\n\r\nbegun", "reset"],
  ])("delivers what came and then a reset for %s", async (_, answer, how) => {
    const server = await tcpServer((socket) => socket.once("data", () => socket.write(`HTTP/1.1 200 OK\r\n${answer}`)));
    const response = await transportWith().send(get(server.url));
    expect(await nextText(response)).toBe("begun");
    const reading = response.body.next();
    if (how === "end") server.sockets[0]?.end();
    else server.sockets[0]?.resetAndDestroy();
    await expect(reading).rejects.toMatchObject({ code: "upstream_reset" });
    await expect(response.body.next()).rejects.toMatchObject({ code: "upstream_reset" });
  });

  it("refuses headers that are too large", async () => {
    const server = await httpServer((_, response) => {
      response.writeHead(200, { "x-large": "x".repeat(3000) });
      response.end();
    });
    expect(await failure(server, { maxHeaderBytes: 2000 })).toMatchObject({ code: "upstream_invalid_response" });
    expect(await failure(server, { maxHeaderBytes: 5000 })).toBeUndefined();
  });

  it("refuses what is not HTTP, and keeps it out of the error", async () => {
    const server = await tcpServer((socket) => socket.once("data", () => socket.end("SSH-2.0-confidential\r\n")));
    const error = await failure(server);
    expect(error).toMatchObject({ code: "upstream_invalid_response" });
    expect(inspect(error, { depth: 8, showHidden: true })).not.toContain("confidential");
  });

  it("keeps the request out of every message", async () => {
    const server = await tcpServer((socket) => socket.once("data", () => socket.destroy()));
    const error = await failure(server);
    expect(String(error)).toBe(
      "UpstreamError: The provider closed the connection before it answered (UND_ERR_SOCKET).",
    );
  });

  it("refuses to write a header that would break the request apart", async () => {
    const server = await httpServer((_, response) => response.end());
    const request = { ...get(server.url), headers: { "x-key": "secret\r\nx-other: 1" } };
    const error: unknown = await transportWith()
      .send(request)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "internal_error" });
    expect(String(error)).not.toContain("secret");
    expect(server.sockets).toHaveLength(0);
  });

  it("refuses an answer that is too large, after what fits was given", async () => {
    const server = await tcpServer((socket) => socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\n12345")));
    const response = await transportWith({ maxResponseBytes: 8 }).send(get(server.url));
    expect(await nextText(response)).toBe("12345");
    server.sockets[0]?.write("67890");
    await expect(response.body.next()).rejects.toMatchObject({ code: "upstream_response_too_large" });
    await until(() => server.sockets[0]?.destroyed === true);
  });
});

describe("content-encoding", () => {
  const text = "h\u00e9llo ".repeat(5000);

  const encoded = async (encoding: string, body: Uint8Array, options?: UndiciTransportOptions) => {
    const server = await httpServer((_, response) => {
      response.writeHead(200, { "content-encoding": encoding, "content-length": body.length });
      response.end(body);
    });
    return { server, response: await transportWith(options).send(get(server.url)) };
  };

  it.each([
    ["gzip", gzip],
    ["GZIP", gzip],
    ["deflate", deflate],
    ["br", brotliCompress],
    ["zstd", zstdCompress],
  ] as const)("undoes %s, and its headers with it", async (encoding, compress) => {
    const { response } = await encoded(encoding, await promisify<string, Buffer>(compress)(text));
    expect(response.headers).not.toHaveProperty("content-encoding");
    expect(response.headers).not.toHaveProperty("content-length");
    expect(await readText(response)).toBe(text);
  });

  it("passes on an answer that says it is not encoded", async () => {
    const { response } = await encoded("identity", Buffer.from("plain"));
    expect(await readText(response)).toBe("plain");
  });

  it("delivers what a compressed stream has flushed", async () => {
    const compressor = createGzip({ flush: constants.Z_SYNC_FLUSH });
    const server = await httpServer((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      compressor.pipe(response);
      compressor.write("data: 1\n\n");
    });
    const response = await transportWith().send(get(server.url));
    expect(await nextText(response)).toBe("data: 1\n\n");
    compressor.write("data: 2\n\n");
    expect(await nextText(response)).toBe("data: 2\n\n");
    const reading = nextText(response);
    await response.body.return?.();
    expect(await reading).toBe("<end>");
    await until(() => server.sockets[0]?.destroyed === true);
  });

  it.each(["gzip, br", "rot13"])("refuses %s", async (encoding) => {
    await expect(encoded(encoding, Buffer.from("x"))).rejects.toMatchObject({ code: "upstream_invalid_response" });
  });

  it.each([
    ["is none", async () => Buffer.from("not gzip at all")],
    ["is cut", async () => (await promisify(gzip)(Buffer.from(text))).subarray(0, 60)],
  ])("refuses gzip that %s", async (_, body) => {
    const { response } = await encoded("gzip", await body());
    await expect(readAll(response)).rejects.toMatchObject({ code: "upstream_invalid_response" });
    expect(await nextText(response)).toBe("<end>");
  });

  it("stops a bomb at the limit", async () => {
    const bomb = await promisify(gzip)(Buffer.alloc(8 * 1024 * 1024));
    const { response } = await encoded("gzip", bomb, { maxResponseBytes: 1024 * 1024 });
    let bytes = 0;
    const reading = (async () => {
      for (let result = await response.body.next(); result.done !== true; result = await response.body.next()) {
        bytes += result.value.length;
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "upstream_response_too_large" });
    expect(bytes).toBeLessThanOrEqual(1024 * 1024);
  });

  it("throws what the connection threw where that is what broke", async () => {
    const bytes = await promisify(gzip)(Buffer.from(text));
    const server = await tcpServer((socket) =>
      socket.once("data", () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bytes.length}\r\n\r\n`);
        socket.end(bytes.subarray(0, 60));
      }),
    );
    const response = await transportWith().send(get(server.url));
    await expect(readAll(response)).rejects.toMatchObject({ code: "upstream_reset" });
  });

  it("rejects with the signal's reason", async () => {
    const compressor = createGzip();
    const server = await httpServer((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      compressor.pipe(response);
      compressor.write("begun");
      compressor.flush();
    });
    const controller = new AbortController();
    const response = await transportWith().send(get(server.url, controller.signal));
    expect(await nextText(response)).toBe("begun");
    const reading = response.body.next();
    const reason = new Error("client gone");
    controller.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });
});
