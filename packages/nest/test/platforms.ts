import type { INestApplication, NestApplicationOptions, Type } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import core from "@nestjs/core/package.json" with { type: "json" };
import { ExpressAdapter, type NestExpressApplication } from "@nestjs/platform-express";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";

/** An application that is not initialized yet. Errors while it is made are thrown, and do not end the process. */
export const createExpress = (module: Type, options: NestApplicationOptions = {}): Promise<NestExpressApplication> =>
  NestFactory.create(module, new ExpressAdapter(), { logger: false, abortOnError: false, ...options });

export const createFastify = (module: Type, options: NestApplicationOptions = {}): Promise<NestFastifyApplication> =>
  NestFactory.create(module, new FastifyAdapter(), { logger: false, abortOnError: false, ...options });

/** The version under test: Nest 12 stands beside the tests, Nest 11 is put in its place for a second run of them. */
export const nest = `Nest ${core.version.split(".", 1)[0]}`;

export type Create = (module: Type, options?: NestApplicationOptions) => Promise<INestApplication>;

/** Every platform there is to be tested with. */
export const platforms: readonly (readonly [string, Create])[] = [
  [`${nest} on Express`, createExpress],
  [`${nest} on Fastify`, createFastify],
];
