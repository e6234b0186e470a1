import type { Callers } from "../access/callers.ts";
import { readCallers } from "../access/callersFile.ts";
import {
  type CertificatePaths,
  type Certificates,
  readCertificates,
} from "../access/certificates.ts";
import { Reloaded } from "../access/reloaded.ts";
import type { Metrics } from "../metrics.ts";
import type { Clock, Log } from "../ports.ts";
import { Gate } from "./gate.ts";

/** The files that say who is let in, and how. */
export type EntryPaths = {
  readonly callersPath?: string;
  readonly tls?: CertificatePaths;
};

type EntryParts = { readonly clock: Clock; readonly log: Log; readonly metrics: Metrics };

/** Who is let in, and with what TLS; both follow their files while the sidecar runs. */
export class Entry {
  /** Undefined when whoever reaches a port is let in. */
  readonly gate: Gate | undefined;
  readonly #callers: Reloaded<Callers> | undefined;
  readonly #certificates: Reloaded<Certificates> | undefined;
  /** Told of new certificates. */
  readonly #renewed: Set<(certificates: Certificates) => void>;

  private constructor(parts: {
    readonly gate: Gate | undefined;
    readonly callers: Reloaded<Callers> | undefined;
    readonly certificates: Reloaded<Certificates> | undefined;
    readonly renewed: Set<(certificates: Certificates) => void>;
  }) {
    this.gate = parts.gate;
    this.#callers = parts.callers;
    this.#certificates = parts.certificates;
    this.#renewed = parts.renewed;
  }

  /** Reads the files. Rejects, naming the file, when one can't be used. */
  static async open({ callersPath, tls }: EntryPaths, parts: EntryParts): Promise<Entry> {
    const renewed = new Set<(certificates: Certificates) => void>();
    const certificates =
      tls &&
      (await Reloaded.open({
        files: [tls.cert, tls.key, ...(tls.clientCa === undefined ? [] : [tls.clientCa])],
        read: () => readCertificates(tls, parts.clock.wallMs()),
        taken: (each) => {
          told(parts, "certificates");
          for (const renew of renewed) {
            renew(each);
          }
        },
        refused: (why) => told(parts, "certificates", why),
      }));
    try {
      const callers = callersPath === undefined ? undefined : await openCallers(callersPath, parts);
      const gate = callers && new Gate({ ...parts, callers: () => callers.value });
      return new Entry({ gate, callers, certificates, renewed });
    } catch (error) {
      certificates?.close();
      throw error;
    }
  }

  /** With what TLS is spoken; undefined when it is not. */
  get certificates(): Certificates | undefined {
    return this.#certificates?.value;
  }

  /** Has this called with every new state of the certificates. */
  onRenewal(renew: (certificates: Certificates) => void): void {
    this.#renewed.add(renew);
  }

  /** Looks at the files now instead of within a second. */
  async check(): Promise<void> {
    await Promise.all([this.#callers?.check(), this.#certificates?.check()]);
    this.gate?.recheck();
  }

  close(): void {
    this.gate?.close();
    this.#callers?.close();
    this.#certificates?.close();
  }
}

function openCallers(path: string, parts: EntryParts): Promise<Reloaded<Callers>> {
  return Reloaded.open({
    files: [path],
    read: () => readCallers(path),
    taken: () => told(parts, "callers"),
    refused: (why) => told(parts, "callers", why),
  });
}

function told({ log, metrics }: EntryParts, files: string, why?: string): void {
  metrics.reloads.inc({ files, outcome: why === undefined ? "taken" : "refused" });
  if (why === undefined) {
    log.info({ files }, "files read again");
  } else {
    log.error({ files, why }, "files not taken, what was read before stays in force");
  }
}
