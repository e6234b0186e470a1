import { Reloaded } from "./access/reloaded.ts";
import { type AlertSettings, readAlerts } from "./alerts/alertsFile.ts";
import type { Config } from "./config.ts";
import { type HooksSettings, readHooks } from "./hooks/hooksFile.ts";
import type { Metrics } from "./metrics.ts";
import type { Environment } from "./outgoing/finder.ts";
import type { ReadSettings } from "./outgoing/settingsFile.ts";
import type { Log } from "./ports.ts";

/** Who takes what the files say. */
export type SettingsParts = {
  readonly environment: Environment;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly alerts: (settings: AlertSettings) => void;
  readonly hooks: (settings: HooksSettings) => void;
};

/** Files that are followed. */
export type Followed = {
  /** Looks at them now instead of within a second. */
  check(): Promise<void>;
  close(): void;
};

/**
 * Has what the files of alerts and hooks say taken, now and whenever they change. Rejects when one can't be used; a later state that can't be used
 * leaves the one before in force.
 */
export async function followSettings(
  { alertsPath, hooksPath }: Pick<Config, "alertsPath" | "hooksPath">,
  { environment, alerts, hooks, ...parts }: SettingsParts,
): Promise<Followed> {
  const files = [
    await follow("alerts", alertsPath, { ...parts, read: readAlerts, environment, taken: alerts }),
    await follow("hooks", hooksPath, { ...parts, read: readHooks, environment, taken: hooks }),
  ];
  return {
    check: async () => {
      await Promise.all(files.map((file) => file?.check()));
    },
    close: () => files.forEach((file) => void file?.close()),
  };
}

async function follow<Settings>(
  files: "alerts" | "hooks",
  path: string | undefined,
  parts: Pick<SettingsParts, "environment" | "log" | "metrics"> & {
    readonly read: (path: string, environment: Environment) => ReadSettings<Settings>;
    readonly taken: (settings: Settings) => void;
  },
): Promise<Reloaded<Settings> | undefined> {
  const { environment, log, metrics, read, taken } = parts;
  if (path === undefined) {
    return undefined;
  }
  const file = await Reloaded.open({
    files: [path],
    read: async () => settingsIn(read(path, environment)),
    taken: (settings) => {
      taken(settings);
      metrics.reloads.inc({ files, outcome: "taken" });
      log.info({ files }, "files read again");
    },
    refused: (why) => {
      metrics.reloads.inc({ files, outcome: "refused" });
      log.error({ files, why }, "files not taken, what was read before stays in force");
    },
  });
  taken(file.value);
  return file;
}

function settingsIn<Settings>(read: ReadSettings<Settings>): Settings {
  if ("problems" in read) {
    throw new Error(read.problems.join("\n"));
  }
  return read.settings;
}
