import type { Server } from "node:http";
import { NestFactory } from "@nestjs/core";
import { AppModule } from "./app.module.ts";

const bootstrap = async (): Promise<Server> => {
  const app = await NestFactory.create(AppModule);
  app.enableShutdownHooks();
  await app.listen(process.env.PORT ?? 3000, "127.0.0.1");
  return app.getHttpServer();
};

export const server = bootstrap();
