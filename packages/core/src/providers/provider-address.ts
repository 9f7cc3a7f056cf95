import { hostToURL, resolveBaseURL, withBasePath } from "./base-url.ts";
import { readFirst, readVariable, type Environment } from "./environment.ts";
import { addressVariablesOf, type ProviderRow } from "./provider-row.ts";

/** What the options say of a provider's address. */
export interface AddressOptions {
  readonly baseURL?: string;
  readonly allowHttp?: boolean;
  /** Parts of the address that are the customer's own, by their names. */
  readonly address?: Readonly<Record<string, string>>;
}

/**
 * Where a provider is: as the options say, else the environment, else the row.
 *
 * @throws TypeError naming the option or variable at fault, or the part of the address that is missing.
 */
export const resolveAddress = (
  row: ProviderRow,
  options: AddressOptions,
  environment: Environment,
  factory: string,
): string => {
  const allowHttp = options.allowHttp === true;
  if (options.baseURL !== undefined) {
    if (options.address !== undefined)
      throw new TypeError(`${factory} takes one of \`baseURL\` and \`address\`, not both.`);
    return resolveBaseURL(options.baseURL, { name: `\`baseURL\` of ${factory}`, allowHttp });
  }
  for (const name of options.address === undefined ? addressVariablesOf(row) : []) {
    const value = readVariable(environment, name);
    if (value === undefined) continue;
    const url = name === row.hostVariable ? hostToURL(value, new URL(row.baseURL).port) : value;
    const resolved = resolveBaseURL(url, { name, allowHttp });
    return row.basePath === undefined ? resolved : withBasePath(resolved, row.basePath);
  }
  return fillIn(row, options.address ?? {}, environment, factory);
};

/** The row's address with the customer's own parts in place of the braces. */
const fillIn = (
  { baseURL, addressParts = {} }: ProviderRow,
  address: Readonly<Record<string, string>>,
  environment: Environment,
  factory: string,
): string => {
  for (const name of Object.keys(address)) {
    if (Object.hasOwn(addressParts, name)) continue;
    const known = Object.keys(addressParts);
    const has = known.length === 0 ? "no such parts" : known.join(", ");
    throw new TypeError(`\`address.${name}\` of ${factory} is not a part of its address; it has ${has}.`);
  }
  let filled = baseURL;
  for (const [name, variables] of Object.entries(addressParts)) {
    const given: unknown = address[name] ?? readFirst(environment, variables);
    if (given === undefined) {
      const names = [`\`address.${name}\``, ...variables].join(" or ");
      throw new TypeError(`${factory} needs ${names}; it is a part of its address, ${baseURL}.`);
    }
    const placeholder = `{${name}}`;
    const [, after = ""] = filled.split(placeholder);
    filled = filled.replace(placeholder, checkPart(given, /^[^/]*/.exec(after)?.[0] ?? "", `${name} of ${factory}`));
  }
  return filled;
};

/**
 * People often write more of the address than is asked for: the scheme, or the rest of the host's name. Beyond that a
 * part is letters, digits, dots, dashes and underscores.
 */
const checkPart = (given: unknown, rest: string, name: string): string => {
  const written = typeof given === "string" ? given.trim().replace(/^https:\/\/|\/+$/g, "") : "";
  const part = rest !== "" && written.endsWith(rest) ? written.slice(0, -rest.length) : written;
  if (/^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$/i.test(part)) return part;
  throw new TypeError(`The ${name} must be a name of letters, digits, ".", "_" and "-", as it is in the address.`);
};
