import { lookup, type LookupAddress, type LookupOptions } from "node:dns";
import { BlockList, isIP } from "node:net";

/** Addresses that are not reached over the public internet, or stand for others (RFC 6890 and its registries). */
const reserved: readonly (readonly [network: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
/** All of version 6 but what is given out, and of that what stands for addresses of version 4 or for nobody. */
const public6 = new BlockList();
public6.addSubnet("2000::", 3, "ipv6");
const reserved6: readonly (readonly [network: string, prefix: number])[] = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
];

const blocked = new BlockList();
for (const [network, prefix] of reserved) blocked.addSubnet(network, prefix, "ipv4");
for (const [network, prefix] of reserved6) blocked.addSubnet(network, prefix, "ipv6");

/** Whether an address is one of the public internet: not this machine, its network, or a cloud's own services. */
export const isPublicAddress = (address: string): boolean => {
  const version = isIP(address);
  if (version === 4) return !blocked.check(address, "ipv4");
  return version === 6 && public6.check(address, "ipv6") && !blocked.check(address, "ipv6");
};

/** The host of a URL where it is an address that is not public. */
export const privateHostOf = (url: string): string | undefined => {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  return isIP(host) !== 0 && !isPublicAddress(host) ? host : undefined;
};

/** Says that a host has an address that may not be connected to. */
class PrivateAddressError extends Error {
  readonly code = "EPRIVATEADDRESS";
}

type Found = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * Looks a host up as connections do, and fails where any of its addresses is not public. What was checked is what is
 * connected to: no second look-up can bring another address.
 */
export const lookupPublic = (hostname: string, options: LookupOptions, found: Found): void => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const [first] = addresses ?? [];
    if (error !== null || first === undefined) return found(error ?? new Error("No address."), "");
    if (!addresses.every(({ address }) => isPublicAddress(address))) {
      return found(new PrivateAddressError(`${hostname} is not a public host.`), "");
    }
    return options.all === true ? found(null, addresses) : found(null, first.address, first.family);
  });
};
