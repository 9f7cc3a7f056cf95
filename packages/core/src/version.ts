/** This package, as telemetry and the `user-agent` name it. Kept equal to package.json by a test. */
export const packageName = "@llm-gateway/core";
export const version: string = "0.0.0";
