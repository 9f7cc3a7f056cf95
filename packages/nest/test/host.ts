import type { Server } from "node:http";
import fastifyCompress from "@fastify/compress";
import fastifyCors from "@fastify/cors";
import fastifyHelmet from "@fastify/helmet";
import type { AuthenticateRequest } from "@llm-gateway/core";
import type { AdapterHost, HostFeature } from "@llm-gateway/core/testing";
import {
  Catch,
  Module,
  NotFoundException,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type INestApplication,
  type Type,
} from "@nestjs/common";
import type { NestExpressApplication } from "@nestjs/platform-express";
import compression from "compression";
import type { NextFunction, Request, Response } from "express";
import type { FastifyRequest } from "fastify";
import helmet from "helmet";
import multer from "multer";
import { LlmGatewayModule, LlmGatewayService } from "../src/index.ts";
import { createExpress, createFastify, nest } from "./platforms.ts";

/** What both platforms' requests are. */
interface LoggedIn {
  readonly headers: { readonly "x-user"?: string };
  user?: { readonly id: string };
}

/** The host's own log-in. */
class UserGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<LoggedIn>();
    const id = request.headers["x-user"];
    if (id !== undefined) request.user = { id };
    return true;
  }
}

const byUser = { authenticate: ({ raw }: AuthenticateRequest<LoggedIn>) => raw.user };

/** The host's own error handler: what is found nowhere is a teapot, and the rest is kept. */
@Catch()
class HostFilter implements ExceptionFilter {
  readonly errors: unknown[] = [];

  catch(error: unknown, context: ArgumentsHost): void {
    const http = context.switchToHttp();
    const { method, url } = http.getRequest<Request | FastifyRequest>();
    // Fastify's reply has these methods as well.
    const response = http.getResponse<Response>();
    if (error instanceof NotFoundException) response.status(418).send(`${method} ${url}`);
    else {
      this.errors.push(error);
      response.status(599).send("the host's own error");
    }
  }
}

type Features<App> = Partial<Record<HostFeature, (app: App) => unknown>>;

const shared = {
  // Nest itself parses JSON.
  json: () => undefined,
  "spent-body": (app) =>
    app.use((request: Request, _: Response, next: NextFunction) => request.resume().on("end", next)),
  user: (app) => app.useGlobalGuards(new UserGuard()),
} satisfies Features<INestApplication>;

const hostOf = <App extends INestApplication>(
  name: string,
  create: (module: Type) => Promise<App>,
  features: Features<App>,
): AdapterHost => ({
  name,
  // Object.keys gives plain strings; these are the keys of `features`.
  features: new Set([...(Object.keys(features) as HostFeature[]), "prefix", "fall-through", "node"]),
  start: async ({ options, before = [], prefix = "" }) => {
    @Module({
      imports: [LlmGatewayModule.forRoot({ ...options, ...(before.includes("user") ? byUser : {}), path: prefix })],
    })
    class AppModule {}

    const app = await create(AppModule);
    for (const feature of before) await features[feature]?.(app);
    const filter = new HostFilter();
    app.useGlobalFilters(filter);
    await app.listen(0, "127.0.0.1");
    const server: Server = app.getHttpServer();
    return { server, gateway: app.get(LlmGatewayService).gateway, errors: filter.errors, stop: () => app.close() };
  },
});

// Express would refuse to name itself in an answer that has begun.
const createNameless = async (module: Type): Promise<NestExpressApplication> => {
  const app = await createExpress(module);
  app.disable("x-powered-by");
  return app;
};

const onExpress = hostOf(`${nest} on Express`, createNameless, {
  ...shared,
  raw: (app) => app.useBodyParser("raw", { type: "application/json" }),
  text: (app) => app.useBodyParser("text", { type: "application/json" }),
  compression: (app) => app.use(compression()),
  cors: (app) => app.enableCors(),
  helmet: (app) => app.use(helmet()),
  uploads: (app) => app.use(multer().any()),
});

const onFastify = hostOf(`${nest} on Fastify`, createFastify, {
  ...shared,
  raw: (app) => app.useBodyParser("application/json", {}, (_request, body, done) => done(null, body)),
  text: (app) => app.useBodyParser("application/json", {}, (_request, body, done) => done(null, String(body))),
  compression: (app) => app.register(fastifyCompress),
  cors: (app) => app.register(fastifyCors),
  helmet: (app) => app.register(fastifyHelmet),
});

export const hosts: readonly AdapterHost[] = [onExpress, onFastify];
