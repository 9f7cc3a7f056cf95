import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { pathOf, routePaths } from "@llm-gateway/core/node";
import { VersioningType, type FactoryProvider } from "@nestjs/common";
import { ApplicationConfig, HttpAdapterHost } from "@nestjs/core";

const hidden = new WeakMap<IncomingMessage, IncomingHttpHeaders>();

/**
 * Leaves the bodies of the gateway's requests to the gateway: its limits hold, not the parser's, it gets the client's own
 * bytes, and nothing is read before the guards have decided. Providers are made before Nest adds its parsers.
 */
export const unreadBodies = (mountPath: string): FactoryProvider => ({
  provide: unreadBodies,
  inject: [HttpAdapterHost, ApplicationConfig],
  useFactory: ({ httpAdapter }: Partial<HttpAdapterHost>, config: ApplicationConfig) => {
    let places: RegExp | undefined;
    // An application without a server may still inject the service.
    httpAdapter?.use((request: IncomingMessage, _response: unknown, next: () => void) => {
      // An application gets its prefix and versions after its modules.
      places ??= placesOf(config, mountPath);
      if (request.method === "POST" && places.test(pathOf(request.url ?? "/"))) hideBody(request);
      next();
    });
  },
});

/** Gives back the headers that no parser has seen. */
export const showBody = (request: IncomingMessage): void => void Object.assign(request.headers, hidden.get(request));

/** Without these headers there is nothing to parse. */
const hideBody = (request: IncomingMessage): void => {
  hidden.set(request, { ...request.headers, ...hidden.get(request) });
  for (const name of ["content-type", "content-length", "transfer-encoding"]) delete request.headers[name];
};

/** Where Nest may serve what has a body; both its prefix and its version in the path have exceptions. */
const placesOf = (config: ApplicationConfig, mountPath: string): RegExp => {
  const versioning = config.getVersioning();
  const { defaultVersion = [], prefix = "v" } = versioning?.type === VersioningType.URI ? versioning : {};
  const versions = ["", ...[defaultVersion].flat().map((version) => `/${prefix || ""}${String(version)}`)];
  const fronts = versions.flatMap((version) => [version, `${config.getGlobalPrefix()}/${version}`]);
  const paths = fronts.flatMap((front) => routePaths("POST").map((path) => `/${front}/${mountPath}${path}`));
  const anyOf = paths.join("|").replaceAll(/\/+/g, "/");
  // What else has a meaning in an expression can not be in the path of a controller.
  return new RegExp(`^(${anyOf.replaceAll(/:[^/|]+/g, "[^/]+")})$`);
};
