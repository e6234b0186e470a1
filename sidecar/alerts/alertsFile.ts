import type { Secret } from "../access/secret.ts";
import { parseTargetUrl } from "../outgoing/endpoint.ts";
import { type Environment, type Finder, secretKey } from "../outgoing/finder.ts";
import { type ReadSettings, readSettings } from "../outgoing/settingsFile.ts";
import type { FieldPath } from "../plan/problem.ts";
import { type AlertsDocument, fitAlerts, type TargetDocument } from "./alertsSchema.ts";

/** One target with all that it refers to found. */
export type TargetSettings = {
  readonly document: TargetDocument;
  readonly url: URL | Secret;
  readonly bearer: Secret | undefined;
  readonly secret: Secret | undefined;
  /** PEM. */
  readonly ca: string | undefined;
};

/** Who is told, and as whom. */
export type AlertSettings = {
  readonly source: string;
  readonly targets: readonly TargetSettings[];
};

/** The settings, or everything that is wrong, a line each. */
export type ReadAlerts = ReadSettings<AlertSettings>;

/** Reads a file of alerts, with what it names: paths from its own folder, variables of `environment`. Never throws. */
export function readAlerts(path: string, environment: Environment): ReadAlerts {
  return readSettings(path, environment, { flag: "alerts", fit: fitAlerts, find: settingsOf });
}

function settingsOf({ source, targets }: AlertsDocument, finder: Finder): AlertSettings {
  finder.eachNameOnce("targets", targets);
  return {
    source,
    targets: targets.map((target, index) => targetOf(target, ["targets", index], finder)),
  };
}

function targetOf(document: TargetDocument, path: FieldPath, finder: Finder): TargetSettings {
  const bearer = finder.secret(path, "bearer", document);
  const secret = finder.secret(path, "secret", document);
  const written = document.url === undefined ? undefined : parseTargetUrl(document.url);
  const url = written ?? finder.secret(path, "url", document);
  if (secret === undefined && document.type === "webhook") {
    finder.wrong([...path, "secretFile"], "secretFile or secretEnv: what is sent is signed");
  }
  if (url === undefined || (written !== undefined && secretKey("url", document) !== "url")) {
    finder.wrong([...path, "url"], "one of url, urlFile and urlEnv");
  }
  finder.keepsToken(path, bearer, written);
  const ca = finder.certificates(path, document.caFile);
  return { document, url: url ?? NOWHERE, bearer, secret, ca };
}

/** Stands for a URL that is missing, which is a problem already. */
const NOWHERE: Secret = { kind: "value", name: "url", value: undefined };
