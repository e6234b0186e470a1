import type { Caller, Role } from "../access/caller.ts";
import type { Callers } from "../access/callers.ts";
import type { Metrics } from "../metrics.ts";
import type { Clock, Log } from "../ports.ts";
import type { Connection } from "./guardedListener.ts";
import { isByRollout, permissionOf } from "./permissions.ts";
import { CallError, codeOf } from "./status.ts";

/** What a caller shows of itself. */
export type Shown = {
  /** The value of the header `authorization`, if there is one. */
  readonly authorization: string | undefined;
  /** The client's certificate, once its authority was found good. */
  readonly certificate: ClientCertificate | undefined;
};

/** A client's certificate. */
export type ClientCertificate = {
  /** What it says of its owner, as `URI:spiffe://...`, `DNS:...`, `CN:...`. */
  readonly identities: readonly string[];
  readonly untilMs: number;
};

/** What the gate needs of its surroundings. */
export type GateParts = {
  readonly callers: () => Callers;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** Who was let in, and until when: what is earlier of the file's time and the certificate's. */
export type Admitted = { readonly caller: Caller; readonly untilMs: number };

const BEARER = /^Bearer +(\S+)$/i;
const CHECK_MS = 1_000;
/** Refusals that are logged in one second; all are counted. */
const LOGGED_MAX = 10;
/** Refusals on one connection in ten seconds, after which it is closed. */
const DENIED_MAX = 100;
const DENIED_WITHIN_MS = 10_000;
/** The same for every reason: who has no token learns nothing of which there are. */
const UNKNOWN =
  "this call takes a token, or a client's certificate, that is known here and has not expired";

/** Lets callers through to what they may call, and remembers their calls as long as they last. */
export class Gate {
  readonly #parts: GateParts;
  readonly #open = new Set<{ admitted: Admitted; connection: Connection | undefined }>();
  readonly #timer: NodeJS.Timeout;
  readonly #denied = new WeakMap<Connection, { sinceMs: number; count: number }>();
  #logged = { sinceMs: 0, count: 0 };

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.recheck(), CHECK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Lets a call in; undefined when everybody may and nobody has to say. Throws CallError `unauthenticated` or `forbidden`. */
  admit(method: string, shown: Shown, connection?: Connection): Admitted | undefined {
    const permission = permissionOf(method);
    if (permission === "everybody") {
      return undefined;
    }
    const admitted = this.#identify(shown);
    if (admitted === undefined) {
      return this.#deny(new CallError("unauthenticated", UNKNOWN), { method }, connection);
    }
    const { caller } = admitted;
    const text = whyForbidden(caller, method, permission);
    if (text !== undefined) {
      const about = { method, caller: caller.name };
      return this.#deny(new CallError("forbidden", text), about, connection);
    }
    return admitted;
  }

  /** Remembers a call until what is returned is called. */
  opened(admitted: Admitted, connection: Connection | undefined): () => void {
    const call = { admitted, connection };
    this.#open.add(call);
    return () => this.#open.delete(call);
  }

  /** Closes the connections of calls whose caller would not be let in any more. */
  recheck(): void {
    const { callers, clock } = this.#parts;
    for (const call of this.#open) {
      const { caller, untilMs } = call.admitted;
      if (!callers().has(caller) || untilMs <= clock.wallMs()) {
        this.#open.delete(call);
        call.connection?.close("revoked");
      }
    }
  }

  #identify(shown: Shown): Admitted | undefined {
    const found = this.#find(shown);
    return found !== undefined && found.untilMs > this.#parts.clock.wallMs() ? found : undefined;
  }

  /** A token counts before a certificate: whoever sends one means it. */
  #find({ authorization, certificate }: Shown): Admitted | undefined {
    const callers = this.#parts.callers();
    if (authorization !== undefined) {
      const caller = callers.byToken(BEARER.exec(authorization)?.[1] ?? "");
      return caller && { caller, untilMs: caller.untilMs };
    }
    const caller = certificate && callers.byCertificate(certificate.identities);
    return caller && { caller, untilMs: Math.min(caller.untilMs, certificate.untilMs) };
  }

  #deny(error: CallError, about: object, connection: Connection | undefined): never {
    const { clock, log, metrics } = this.#parts;
    const nowMs = clock.steadyMs();
    const reason = codeOf(error);
    metrics.callsDenied.inc({ reason });
    if (nowMs - this.#logged.sinceMs >= CHECK_MS) {
      this.#logged = { sinceMs: nowMs, count: 0 };
    }
    this.#logged.count += 1;
    if (this.#logged.count <= LOGGED_MAX) {
      log.warn({ reason, ...about }, "call denied");
    }
    if (connection !== undefined) {
      this.#countOn(connection, nowMs);
    }
    throw error;
  }

  #countOn(connection: Connection, nowMs: number): void {
    const before = this.#denied.get(connection);
    const isRecent = before !== undefined && nowMs - before.sinceMs < DENIED_WITHIN_MS;
    const denied = isRecent ? before : { sinceMs: nowMs, count: 0 };
    denied.count += 1;
    this.#denied.set(connection, denied);
    if (denied.count > DENIED_MAX) {
      connection.close("denied");
    }
  }
}

/** Why a caller may not call the method; undefined when it may. */
function whyForbidden(
  { role, rollouts }: Caller,
  method: string,
  permitted: readonly Role[],
): string | undefined {
  if (!permitted.includes(role)) {
    const roles = permitted.length === 0 ? "no role" : `one of ${permitted.join(", ")}`;
    return `the role ${role} may not call this; it takes ${roles}`;
  }
  return rollouts === undefined || isByRollout(method)
    ? undefined
    : "a caller for some rollouts alone may not call this: it is about all of them";
}
