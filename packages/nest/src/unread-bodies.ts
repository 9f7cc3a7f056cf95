import { hideBodies } from "@llm-gateway/core/node";
import { VersioningType, type FactoryProvider } from "@nestjs/common";
import { ApplicationConfig, HttpAdapterHost } from "@nestjs/core";

/**
 * Leaves the bodies of the gateway's requests to the gateway, so that nothing is read before the guards have decided.
 * Providers are made before Nest adds its parsers.
 */
export const unreadBodies = (mountPath: string): FactoryProvider => ({
  provide: unreadBodies,
  inject: [HttpAdapterHost, ApplicationConfig],
  // An application without a server may still inject the service.
  useFactory: ({ httpAdapter }: Partial<HttpAdapterHost>, config: ApplicationConfig) =>
    void httpAdapter?.use(hideBodies(() => mountsOf(config, mountPath))),
});

/** Where Nest may put a path; both its prefix and its version in the path have exceptions. */
const mountsOf = (config: ApplicationConfig, path: string): string[] => {
  const versioning = config.getVersioning();
  const { defaultVersion = [], prefix = "v" } = versioning?.type === VersioningType.URI ? versioning : {};
  const versions = ["", ...[defaultVersion].flat().map((version) => `/${prefix || ""}${String(version)}`)];
  return versions.flatMap((version) => [`${version}/${path}`, `${config.getGlobalPrefix()}/${version}/${path}`]);
};
