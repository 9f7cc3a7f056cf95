/** Version of this package, for telemetry and the `user-agent`. Kept equal to package.json by a test. */
export const version: string = "0.0.0";
