/** OpenTelemetry as any app in Node has it. Where it sends to is said by the usual variables, `OTEL_…`. */
import { HttpInstrumentation } from "@opentelemetry/instrumentation-http";
import { NodeSDK } from "@opentelemetry/sdk-node";

const sdk = new NodeSDK({
  serviceName: "jaeger-example",
  instrumentations: [
    new HttpInstrumentation({
      // The simulated providers live in this process too, but what they do is not this app's.
      ignoreIncomingRequestHook: ({ url }) => url?.startsWith("/v1/") !== true,
    }),
  ],
});
sdk.start();

/** Sends what is still held back. */
export const stopTelemetry = async (): Promise<void> => {
  try {
    await sdk.shutdown();
  } catch (error) {
    console.warn(`The last traces and metrics are lost: ${String(error)}. Is Jaeger running?`);
  }
};
