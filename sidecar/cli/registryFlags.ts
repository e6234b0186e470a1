import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Secret } from "../access/secret.ts";
import { isLoopbackUrl, parseTargetUrl } from "../outgoing/endpoint.ts";
import type { Registry } from "../ports/registry.ts";
import { openRegistry, type RegistrySettings } from "../registry/open.ts";
import { UsageError } from "./flags.ts";

/** The flags that say which registry it is. */
export const REGISTRY_FLAGS = {
  registry: {
    type: "string",
    default: "models.sqlite",
    value: "FILE|URL",
    meaning: "where models are registered: a file of its own, or an MLflow server",
  },
  "registry-token-file": {
    type: "string",
    value: "FILE",
    meaning: "holds the token for MLflow; else MLFLOW_TRACKING_TOKEN does",
  },
  "registry-ca": {
    type: "string",
    value: "FILE",
    meaning: "authority of MLflow's certificate, in PEM, instead of the system's",
  },
} as const;

/** What is given of them. */
export type RegistryFlags = {
  readonly registry: string;
  readonly "registry-token-file": string | undefined;
  readonly "registry-ca": string | undefined;
};

/** How long the command line waits for another process that changes an embedded registry. */
const WAIT_MS = 10_000;
const TIMEOUT_MS = 30_000;

/** Opens the registry that the flags name. Throws a UsageError, and rather than send a token in the clear to another machine. */
export function registryOf(flags: RegistryFlags): Registry {
  const clock = { wallMs: () => Date.now(), steadyMs: () => performance.now() };
  return openRegistry(settingsOf(flags), clock);
}

function settingsOf(flags: RegistryFlags): RegistrySettings {
  const { registry, "registry-ca": ca } = flags;
  if (!/^https?:/i.test(registry)) {
    return { type: "embedded", path: resolve(registry), waitMs: WAIT_MS };
  }
  const url = parseTargetUrl(registry);
  if (url === undefined) {
    throw new UsageError(["--registry: a URL of http or https without a user in it"]);
  }
  const bearer = bearerOf(flags["registry-token-file"]);
  if (bearer !== undefined && url.protocol === "http:" && !isLoopbackUrl(url)) {
    throw new UsageError([
      `--registry: ${url.origin}: https, or this machine, as the token goes there`,
    ]);
  }
  const pem = ca === undefined ? undefined : readFileSync(ca, "utf8");
  return { type: "mlflow", url, bearer, ca: pem, timeoutMs: TIMEOUT_MS };
}

function bearerOf(file: string | undefined): Secret | undefined {
  if (file !== undefined) {
    return { kind: "file", path: file };
  }
  const name = "MLFLOW_TRACKING_TOKEN";
  const value = process.env[name];
  return value === undefined || value === "" ? undefined : { kind: "value", name, value };
}
