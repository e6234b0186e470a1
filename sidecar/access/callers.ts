import { timingSafeEqual } from "node:crypto";
import { type Caller, isRole, ROLES } from "./caller.ts";
import { hashToken, isToken } from "./token.ts";

/** Most callers of one file. */
const CALLERS_MAX = 1_000;
const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?Z)?$/;
const HASH = /^sha256:([0-9a-f]{64})$/;
const CERTIFICATE = /^certificate:((?:URI|DNS|CN):[!-~]{1,256})$/;
const FIELDS =
  "NAME ROLE UNTIL CREDENTIAL and, of a filter, its ROLLOUTS; with a space between them";
/** As `metadata.name` of a plan, whose room this one knows nothing of. */
const ROLLOUT = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** As many as the configuration of one filter may have. */
const ROLLOUTS_MAX = 64;
const CREDENTIAL = "sha256:HEX of a token, or certificate: and URI:, DNS: or CN: with what it says";

/** The line of a caller in the file: `NAME ROLE UNTIL CREDENTIAL`, and `ROLLOUT,ROLLOUT` where it is for some alone. */
export function formatCaller({ name, role, untilMs, credential, rollouts }: Caller): string {
  const until = untilMs === Number.POSITIVE_INFINITY ? "never" : new Date(untilMs).toISOString();
  const scope = rollouts === undefined ? "" : ` ${rollouts.join(",")}`;
  return `${name} ${role} ${until.replace(".000Z", "Z")} ${credential}${scope}`;
}

/** Reads a line of the file: the caller, or what is wrong with it. What may be a secret is never repeated. */
export function parseCaller(line: string): Caller | string {
  const fields = line.trim().split(/\s+/);
  const [name = "", role = "", until = "", credential = "", scope] = fields;
  if (fields.length < 4 || fields.length > 5) {
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
  const caller = { name, role, untilMs, credential };
  return scope === undefined ? caller : scoped(caller, scope);
}

/** The caller for some rollouts alone, or what is wrong with their list. */
function scoped(caller: Caller, scope: string): Caller | string {
  if (caller.role !== "filter") {
    return `rollouts of ${caller.name}: only a filter is for some alone; the role ${caller.role} is for all`;
  }
  const rollouts = scope.split(",");
  const problem = rolloutsProblem(rollouts);
  return problem === undefined ? { ...caller, rollouts } : `rollouts of ${caller.name}: ${problem}`;
}

/** What is wrong with names of rollouts that a filter may report; undefined when nothing is. */
export function rolloutsProblem(rollouts: readonly string[]): string | undefined {
  if (!rollouts.every((name) => ROLLOUT.test(name))) {
    return "names of 1 to 63 of a-z, 0-9 and '-', with a comma and no space between them";
  }
  return rollouts.length > ROLLOUTS_MAX
    ? `${rollouts.length} names: at most ${ROLLOUTS_MAX}`
    : undefined;
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
    return now !== undefined && formatCaller(now) === formatCaller(caller);
  }
}
