import { gzipSync } from "node:zlib";
import fastifyCompress from "@fastify/compress";
import type { AuthenticateRequest } from "@llm-gateway/core";
import {
  Body,
  Controller,
  Post,
  Put,
  Req,
  UploadedFile,
  UseInterceptors,
  ValidationPipe,
  type CanActivate,
  type INestApplication,
  type NestApplicationOptions,
  type RawBodyRequest,
} from "@nestjs/common";
import { createFakeTransport } from "@llm-gateway/core/testing";
import { RouterModule } from "@nestjs/core";
import { FileInterceptor, type NestExpressApplication } from "@nestjs/platform-express";
import type { NestFastifyApplication } from "@nestjs/platform-fastify";
import { IsString } from "class-validator";
import type { Request } from "express";
import { describe, expect, test } from "vitest";
import { requestBytes } from "../../core/src/testing/adapter/client.ts";
import { patienceMs, until } from "../../core/src/testing/adapter/within.ts";
import { LlmGatewayModule } from "../src/index.ts";
import { createExpress, createFastify, nest, platforms, type Create } from "./platforms.ts";
import { chat, large, optionsWith, path, sent, setUp, type Setting } from "./set-up.ts";

type Configure = NonNullable<Setting["configure"]>;

/** JSON as no serializer would write it. */
const odd = `{ "model":"openai/gpt-test",\n "messages" : [{"role":"user","content":"H\\u00e9llo"}], "new_field":1.0 }`;
const oddAsSent = odd.replace("openai/gpt-test", "gpt-test");

class Note {
  @IsString()
  readonly text: string = "";
}

/** The application's own routes; some have a path as the gateway's, or one that ends so. */
@Controller()
class NoteController {
  @Put("v1/messages")
  change(@Body() note: Note): object {
    return { length: note.text.length };
  }

  @Post(["notes", "chat/v1/messages"])
  add(@Body() note: Note, @Req() { rawBody }: RawBodyRequest<Request>): object {
    return { length: note.text.length, rawLength: rawBody?.length };
  }
}

@Controller("files")
class FileController {
  @Post()
  @UseInterceptors(FileInterceptor("file"))
  add(@UploadedFile() { originalname, size }: Express.Multer.File): object {
    return { originalname, size };
  }
}

const askCompressed = async (app: INestApplication, body: string): Promise<Response> => {
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  return await fetch(new URL(path, await app.getUrl()), { method: "POST", headers, body: gzipSync(body) });
};

const parts = { controllers: [NoteController] };
const noteOf = (text: string): Note => ({ text });

describe.each(platforms)("%s", (_name, create) => {
  describe("the gateway's own requests", () => {
    test.each([
      ["", {}],
      [", with rawBody", { rawBody: true }],
      [", with no parser at all", { bodyParser: false }],
    ])("pass byte for byte%s", async (_, appOptions) => {
      const { ask, transport } = await setUp(create, { appOptions });
      expect((await ask(odd)).status).toBe(200);
      expect(sent(transport)).toBe(oddAsSent);
    });

    test("may be larger than Nest's parsers allow", async () => {
      const { ask } = await setUp(create);
      expect((await ask(large)).status).toBe(200);
      expect((await ask(large, { headers: { "transfer-encoding": "chunked" } })).status).toBe(200);
    });

    test("pass pipes that take off or refuse what they do not know", async () => {
      const pipe = new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true });
      const { ask, transport } = await setUp(create, { parts, configure: (app) => app.useGlobalPipes(pipe) });
      expect((await ask(odd)).status).toBe(200);
      expect(sent(transport)).toBe(oddAsSent);
      expect((await ask(undefined, { method: "GET", path: "/v1/models/openai%2Fgpt-5" })).status).toBe(200);
      expect((await ask({ text: "a", other: 1 }, { path: "/notes" })).status).toBe(400);
    });

    test("have all of their headers when the gateway gets them", async () => {
      const seen: unknown[] = [];
      const authenticate = ({ raw }: AuthenticateRequest<Request>): { id: string } => {
        seen.push(raw.headers["content-type"], raw.headers["content-length"]);
        return { id: "ada" };
      };
      const { ask } = await setUp(create, { options: { authenticate } });
      await ask(chat);
      expect(seen).toEqual(["application/json", String(JSON.stringify(chat).length)]);
    });

    test("are not read where a guard refuses", async () => {
      const refuse: CanActivate = { canActivate: () => false };
      const { openSocket } = await setUp(create, { configure: (app) => app.useGlobalGuards(refuse) });
      const socket = await openSocket();
      socket.write(requestBytes("{", 99));
      await until(patienceMs, "the answer", () => socket.received().includes("Forbidden"));
      expect(socket.received()).toMatch(/^HTTP\/1\.1 403 /);
    });

    test("pass as what a parser made of them where one could not be kept away", async () => {
      const imports = [RouterModule.register([{ path: "ai", module: LlmGatewayModule }])];
      const { ask, transport } = await setUp(create, { parts: { imports } });
      expect((await ask(chat, { path: `/ai${path}` })).status).toBe(200);
      expect(JSON.parse(sent(transport))).toEqual({ ...chat, model: "gpt-test" });
    });
  });

  describe("the application's own requests", () => {
    test.each(["/notes", "/chat/v1/messages"])("are parsed, within the parser's limit: %s", async (own) => {
      const { ask } = await setUp(create, { parts, appOptions: { rawBody: true } });
      const accepted = await ask(noteOf("Hello"), { path: own });
      expect(JSON.parse(await accepted.text())).toEqual({ length: 5, rawLength: 16 });
      expect((await ask(noteOf("x".repeat(2 * 1024 * 1024)), { path: own })).status).toBe(413);
    });

    test("are parsed at a path of the gateway's, too, where the method is another", async () => {
      const { ask } = await setUp(create, { parts });
      const answer = await ask(noteOf("Hello"), { method: "PUT", path: "/v1/messages" });
      expect(JSON.parse(await answer.text())).toEqual({ length: 5 });
    });

    test("are the gateway's below its path only", async () => {
      const { ask } = await setUp(create, { parts, options: { path: "llm" } });
      const answer = await ask(noteOf("Hello"), { path: "/chat/v1/messages" });
      expect(JSON.parse(await answer.text())).toEqual({ length: 5 });
    });
  });
});

describe("a parser with a limit of the application's own", () => {
  const limit = 3 * 1024 * 1024;
  test.each<[string, typeof createExpress | typeof createFastify, (app: INestApplication) => unknown]>([
    ["Express", createExpress, (app) => (app as NestExpressApplication).useBodyParser("json", { limit })],
    [
      "Fastify",
      createFastify,
      (app) =>
        (app as NestFastifyApplication).useBodyParser("application/json", { bodyLimit: limit }, (_, body, done) =>
          done(null, JSON.parse(String(body))),
        ),
    ],
  ])("holds for the application's own requests: %s", async (_, create, configure) => {
    const { ask } = await setUp(create, { parts, configure });
    const length = 2 * 1024 * 1024;
    const answer = await ask(noteOf("x".repeat(length)), { path: "/notes" });
    expect(JSON.parse(await answer.text())).toEqual({ length });
    expect((await ask(noteOf("x".repeat(limit)), { path: "/notes" })).status).toBe(413);
    expect((await ask(large)).status).toBe(200);
  });
});

describe.each<[string, Create, Configure, Configure]>([
  [
    `${nest} on Express`,
    createExpress,
    () => undefined,
    (app) => (app as NestExpressApplication).useBodyParser("raw", { type: "application/json" }),
  ],
  [
    `${nest} on Fastify, with @fastify/compress`,
    createFastify,
    (app) => (app as NestFastifyApplication).register(fastifyCompress),
    (app) =>
      (app as NestFastifyApplication)
        .useBodyParser("application/json", {}, (_, body, done) => done(null, body))
        .register(fastifyCompress),
  ],
])("a compressed body: %s", (_name, create, inflating, leavingBytes) => {
  test("passes as what the parser made of it", async () => {
    const { app, transport } = await setUp(create, { configure: inflating });
    expect((await askCompressed(app, odd)).status).toBe(200);
    expect(JSON.parse(sent(transport))).toEqual(JSON.parse(oddAsSent));
  });

  test("passes byte for byte where the parser leaves bytes", async () => {
    const { app, transport } = await setUp(create, { configure: leavingBytes });
    expect((await askCompressed(app, odd)).status).toBe(200);
    expect(sent(transport)).toBe(oddAsSent);
  });

  test("may be as large, once inflated, as the parser allows", async () => {
    const { app, transport } = await setUp(create, { configure: inflating });
    expect((await askCompressed(app, JSON.stringify(large))).status).toBe(413);
    expect(transport.requests).toHaveLength(0);
  });
});

test.each<[string, Create, NestApplicationOptions, number]>([
  ["the gateway says so", createExpress, { bodyParser: false }, 415],
  ["Fastify's parser finds no JSON", createFastify, {}, 400],
])(`${nest}: a compressed body that nothing inflates is refused: %s`, async (_, create, appOptions, status) => {
  const { app, transport } = await setUp(create, { appOptions });
  const answer = await askCompressed(app, odd);
  expect(answer.status).toBe(status);
  expect(await answer.text()).toContain(status === 415 ? "content-encoding" : "not valid JSON");
  expect(transport.requests).toHaveLength(0);
});

test("a module that is there twice, as Express allows, serves its first gateway", async () => {
  const twice = LlmGatewayModule.forRoot(optionsWith(createFakeTransport(() => ({ body: "never asked" }))));
  const { ask } = await setUp(createExpress, { parts: { imports: [twice] } });
  expect((await ask(large)).status).toBe(200);
});

test("uploads elsewhere in the application work", async () => {
  const { ask } = await setUp(createExpress, { parts: { controllers: [FileController] } });
  const form = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nHello\r\n--x--\r\n';
  const answer = await ask(form, { path: "/files", headers: { "content-type": "multipart/form-data; boundary=x" } });
  expect(answer.status).toBe(201);
  expect(JSON.parse(await answer.text())).toEqual({ originalname: "a.txt", size: 5 });
});
