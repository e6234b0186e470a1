import { Reloaded } from "../access/reloaded.ts";
import type { Metrics } from "../metrics.ts";
import type { Log } from "../ports.ts";
import { XdsActuator } from "./actuator.ts";
import type { EnvoysDocument } from "./document.ts";
import { NO_ENVOYS, readEnvoys } from "./envoysFile.ts";

/** What is served to Envoys; it follows its file. */
export type Envoys = {
  readonly actuator: XdsActuator;
  /** Looks at the file now instead of within a second. */
  check(): Promise<void>;
  close(): void;
};

type EnvoysParts = {
  readonly log: Log;
  readonly metrics: Metrics;
  /** Told when what is in force for a rollout may have changed. */
  readonly reported: (rollout: string) => void;
};

/** Serves what the file says, nothing without one. Rejects when it can't be used; a later state that can't be leaves the one before in force. */
export async function openEnvoys(path: string | undefined, parts: EnvoysParts): Promise<Envoys> {
  const { log, metrics, reported } = parts;
  if (path === undefined) {
    const actuator = new XdsActuator(NO_ENVOYS, reported);
    return { actuator, check: async () => undefined, close: () => undefined };
  }
  const file = await Reloaded.open({
    files: [path],
    read: async () => documentIn(path),
    taken: (document) => {
      actuator.replace(document);
      metrics.reloads.inc({ files: "xds", outcome: "taken" });
      log.info({ files: "xds" }, "files read again");
    },
    refused: (why) => {
      metrics.reloads.inc({ files: "xds", outcome: "refused" });
      log.error({ files: "xds", why }, "files not taken, what was read before stays in force");
    },
  });
  const actuator = new XdsActuator(file.value, reported);
  return { actuator, check: () => file.check(), close: () => file.close() };
}

function documentIn(path: string): EnvoysDocument {
  const read = readEnvoys(path);
  if ("problems" in read) {
    throw new Error(read.problems.join("\n"));
  }
  return read.settings;
}
