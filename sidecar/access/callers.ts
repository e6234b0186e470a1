import { timingSafeEqual } from "node:crypto";
import { type Caller, isRole, ROLES } from "./caller.ts";
import { hashToken, isToken } from "./token.ts";

/** Most callers of one file. */
const CALLERS_MAX = 1_000;
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z)?$/;
const HASH = /^sha256:([0-9a-f]{64})$/;
const CERTIFICATE = /^certificate:((?:URI|DNS|CN):[!-~]{1,256})$/;
const FIELDS = "NAME ROLE UNTIL CREDENTIAL, with a space between them";
const CREDENTIAL = "sha256:HEX of a token, or certificate: and URI:, DNS: or CN: with what it says";

/** The line of a caller in the file: `NAME ROLE UNTIL CREDENTIAL`. */
export function formatCaller({ name, role, untilMs, credential }: Caller): string {
  const until = untilMs === Number.POSITIVE_INFINITY ? "never" : new Date(untilMs).toISOString();
  return `${name} ${role} ${until.replace(".000Z", "Z")} ${credential}`;
}

/** Reads a line of the file: the caller, or what is wrong with it. What may be a secret is never repeated. */
export function parseCaller(line: string): Caller | string {
  const fields = line.trim().split(/\s+/);
  const [name = "", role = "", until = "", credential = ""] = fields;
  if (fields.length !== 4) {
    return `${fields.length} fields: ${FIELDS}`;
  }
  if (!NAME.test(name)) {
    return "name: 1 to 63 of a-z, 0-9, '.', '_' and '-'";
  }
  if (!isRole(role)) {
    return `role of ${name}: one of ${ROLES.join(", ")}`;
  }
  const untilMs = until === "never" ? Number.POSITIVE_INFINITY : parseTime(until);
  if (Number.isNaN(untilMs)) {
    return `until of ${name}: never, or a time in UTC as 2027-01-31 or 2027-01-31T12:00Z`;
  }
  if (!HASH.test(credential) && !CERTIFICATE.test(credential)) {
    return `credential of ${name}: ${CREDENTIAL}`;
  }
  return { name, role, untilMs, credential };
}

/** Unix time of a date or time in UTC; NaN when the text is none. */
export function parseTime(text: string): number {
  const ms = DATE.test(text) ? Date.parse(text) : Number.NaN;
  // 2027-02-31 is read as a day in March.
  return new Date(ms).getTime() === ms && new Date(ms).toISOString().startsWith(text.slice(0, 10))
    ? ms
    : Number.NaN;
}

/** Reads a callers file: a caller in each line, `#` before remarks; or all that is wrong, each with its line. */
export function parseCallers(text: string): Callers | { readonly problems: readonly string[] } {
  const callers: Caller[] = [];
  const problems: string[] = [];
  const taken = new Set<string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (/^\s*(?:#|$)/.test(line)) {
      continue;
    }
    const caller = parseCaller(line);
    if (typeof caller === "string") {
      problems.push(`line ${index + 1}: ${caller}`);
      continue;
    }
    if (taken.has(`name ${caller.name}`) || taken.has(caller.credential)) {
      problems.push(`line ${index + 1}: ${caller.name}: its name or its credential is there twice`);
    }
    taken.add(`name ${caller.name}`).add(caller.credential);
    callers.push(caller);
  }
  if (callers.length > CALLERS_MAX) {
    problems.push(`${callers.length} callers: at most ${CALLERS_MAX}`);
  }
  return problems.length > 0 ? { problems } : new Callers(callers);
}

/** Everybody who may call. */
export class Callers {
  readonly #byHash: readonly { readonly hash: Buffer; readonly caller: Caller }[];
  readonly #byCredential: ReadonlyMap<string, Caller>;

  constructor(callers: readonly Caller[]) {
    this.#byHash = callers.flatMap((caller) => {
      const hex = HASH.exec(caller.credential)?.[1];
      return hex === undefined ? [] : [{ hash: Buffer.from(hex, "hex"), caller }];
    });
    this.#byCredential = new Map(callers.map((caller) => [caller.credential, caller]));
  }

  get size(): number {
    return this.#byCredential.size;
  }

  /** Whose token it is. Takes the same time wherever in the file it stands, and when it is not there. */
  byToken(token: string): Caller | undefined {
    if (!isToken(token)) {
      return undefined;
    }
    const given = hashToken(token);
    let found: Caller | undefined;
    for (const { hash, caller } of this.#byHash) {
      if (timingSafeEqual(hash, given)) {
        found = caller;
      }
    }
    return found;
  }

  /** Whose certificate it is: of the first of its identities that the file names. */
  byCertificate(identities: readonly string[]): Caller | undefined {
    return identities
      .map((identity) => this.#byCredential.get(`certificate:${identity}`))
      .find((caller) => caller !== undefined);
  }

  /** Whether this caller is still in the file as it was. */
  has(caller: Caller): boolean {
    const now = this.#byCredential.get(caller.credential);
    return now?.name === caller.name && now.role === caller.role && now.untilMs === caller.untilMs;
  }
}
