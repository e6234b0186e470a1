import { lookup } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Addresses at which no service of a mesh is: of the link, as clouds' metadata, of groups, and none at all. */
const denied = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["100.100.100.200", 32],
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
] as const) {
  denied.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["::", 128],
  ["fd00:ec2::254", 128],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  denied.addSubnet(network, prefix, "ipv6");
}

/** Whether a URL's host is no address, or one that may be called. */
export function isHostAllowed({ hostname }: URL): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(address) === 0 || isAddressAllowed(address);
}

/**
 * Finds the addresses of a host as the system does, and fails when one of them may not be called. The connection is made to what was found here, so a
 * name that changes its addresses gains nothing.
 */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, found) => {
    const [first] = found ?? [];
    if (error !== null || first === undefined) {
      callback(error ?? named("ENOTFOUND"), "");
    } else if (!found.every(({ address }) => isAddressAllowed(address))) {
      callback(named("ADDRESS_NOT_ALLOWED"), "");
    } else if (options.all === true) {
      callback(null, found);
    } else {
      callback(null, first.address, first.family);
    }
  });
};

function isAddressAllowed(address: string): boolean {
  return !denied.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

function named(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}
