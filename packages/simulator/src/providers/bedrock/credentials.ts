import { Refusal } from "../../problem.ts";
import type { Call } from "../provider.ts";

const scope =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/[a-z0-9-]+\/bedrock\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=[0-9a-f]{64}$/u;

const mostSkewMs = 5 * 60_000;

const timeOf = (stamp: string): number =>
  Date.parse(stamp.replace(/^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/u, "$1-$2-$3T$4:$5:$6Z"));

const refuseSignature = (message: string): never => {
  throw new Refusal({ kind: "authentication", message });
};

/**
 * Who is asking: the bearer key, or the access key id of a signature. What a signature says of itself is checked; the
 * secret it was made with is not known here.
 *
 * @throws Refusal for a signature that names no moment near to now, or that leaves out what it has to cover.
 */
export const readCredentials = ({ headers }: Call): string | undefined => {
  const given = headers.authorization ?? "";
  const bearer = /^Bearer +(\S+)$/iu.exec(given)?.[1];
  if (bearer !== undefined || given === "") return bearer;
  const [, id, day, covered = ""] = scope.exec(given) ?? [];
  if (id === undefined || day === undefined) return refuseSignature("Authorization header requires a signature.");
  const stamp = String(headers["x-amz-date"] ?? "");
  if (!stamp.startsWith(day) || !(Math.abs(timeOf(stamp) - Date.now()) < mostSkewMs)) {
    return refuseSignature("Signature expired, or not yet current.");
  }
  for (const name of [
    "host",
    "x-amz-date",
    ...(headers["x-amz-security-token"] === undefined ? [] : ["x-amz-security-token"]),
  ]) {
    if (!covered.split(";").includes(name)) return refuseSignature(`'${name}' must be a signed header.`);
  }
  return id;
};
