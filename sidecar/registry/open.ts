import type { Secret } from "../access/secret.ts";
import type { Registry } from "../ports/registry.ts";
import type { Clock } from "../ports.ts";
import { openEmbeddedRegistry } from "./embedded.ts";
import { openMlflowRegistry } from "./mlflow.ts";

/** Which registry, and where. */
export type RegistrySettings =
  | { readonly type: "embedded"; readonly path: string; readonly waitMs?: number }
  | {
      readonly type: "mlflow";
      readonly url: URL;
      readonly bearer: Secret | undefined;
      /** Certificates that are trusted instead of the system's, as PEM. */
      readonly ca: string | undefined;
      readonly timeoutMs: number;
    };

/** The registry that settings name. Nothing is looked at before its first use. */
export function openRegistry(settings: RegistrySettings, clock: Clock): Registry {
  switch (settings.type) {
    case "embedded":
      return openEmbeddedRegistry({ ...settings, clock });
    case "mlflow":
      return openMlflowRegistry({ server: settings, clock, timeoutMs: settings.timeoutMs });
    default:
      return settings satisfies never;
  }
}
