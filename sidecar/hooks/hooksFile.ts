import { accessSync, constants, statSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import type { Secret } from "../access/secret.ts";
import { type Endpoint, parseTargetUrl } from "../outgoing/endpoint.ts";
import type { Environment, Finder } from "../outgoing/finder.ts";
import type { ProbeSettings } from "../outgoing/probe.ts";
import { type ReadSettings, readSettings } from "../outgoing/settingsFile.ts";
import type { FieldPath } from "../plan/problem.ts";
import {
  type CommandDocument,
  fitHooks,
  type HookDocument,
  type HooksDocument,
  type WebhookDocument,
} from "./hooksSchema.ts";

/** A hook with all that it refers to found. */
export type HookSettings =
  | {
      readonly kind: "webhook";
      readonly document: WebhookDocument;
      readonly endpoint: Endpoint;
      readonly secret: Secret;
    }
  | {
      readonly kind: "command";
      readonly document: CommandDocument;
      /** The folder it runs in: that of the file. */
      readonly folder: string;
      /** What of this process's environment it has. */
      readonly environment: Readonly<Record<string, string>>;
    };

/** What may be asked by plans. */
export type HooksSettings = {
  readonly source: string;
  readonly hooks: readonly HookSettings[];
  readonly probes: ProbeSettings;
};

/** Reads a file of hooks, with what it names: paths from its own folder, variables of `environment`. Never throws. */
export function readHooks(path: string, environment: Environment): ReadSettings<HooksSettings> {
  return readSettings(path, environment, { flag: "hooks", fit: fitHooks, find: settingsOf });
}

function settingsOf({ source, hooks, probes }: HooksDocument, finder: Finder): HooksSettings {
  finder.eachNameOnce("hooks", hooks);
  const { origins } = probes;
  for (const [index, text] of (origins ?? []).entries()) {
    if (URL.parse(text)?.href !== `${originOf(text)}/`) {
      finder.wrong(["probes", "origins", index], "scheme, host and port alone");
    }
  }
  return {
    source,
    hooks: hooks.map((hook, index) => hookOf(hook, ["hooks", index], finder)),
    probes: {
      origins: origins?.map(originOf),
      ca: finder.certificates(["probes"], probes.caFile),
    },
  };
}

function originOf(text: string): string {
  return URL.parse(text)?.origin ?? "";
}

function hookOf(document: HookDocument, path: FieldPath, finder: Finder): HookSettings {
  switch (document.type) {
    case "webhook":
      return webhookOf(document, path, finder);
    case "command":
      return commandOf(document, path, finder);
    default:
      return document satisfies never;
  }
}

function webhookOf(document: WebhookDocument, path: FieldPath, finder: Finder): HookSettings {
  const secret = finder.secret(path, "secret", document);
  const bearer = finder.secret(path, "bearer", document);
  const url = parseTargetUrl(document.url);
  if (secret === undefined) {
    finder.wrong([...path, "secretFile"], "secretFile or secretEnv: what is asked is signed");
  }
  finder.keepsToken(path, bearer, url);
  const ca = finder.certificates(path, document.caFile);
  const endpoint = { url: url ?? MISSING, bearer, ca };
  return { kind: "webhook", document, endpoint, secret: secret ?? MISSING };
}

/** Stands for what is missing, which is a problem already. */
const MISSING: Secret = { kind: "value", name: "secret", value: undefined };

function commandOf(document: CommandDocument, path: FieldPath, finder: Finder): HookSettings {
  const { folder } = finder;
  const [program = ""] = document.run;
  if (!isProgram(program, folder, finder.variable("PATH") ?? "")) {
    finder.wrong([...path, "run", 0], "a program that may be run: a path, or a name on PATH");
  }
  const environment: Record<string, string> = {};
  for (const name of ["PATH", "HOME", "LANG", "TZ"]) {
    const value = finder.variable(name);
    if (value !== undefined) {
      environment[name] = value;
    }
  }
  for (const [index, name] of document.env.entries()) {
    const value = finder.variable(name);
    if (value === undefined) {
      finder.wrong([...path, "env", index], "a variable that is set");
    } else {
      environment[name] = value;
    }
  }
  return { kind: "command", document, folder, environment };
}

function isProgram(program: string, folder: string, searchPath: string): boolean {
  const folders = program.includes("/") ? [folder] : searchPath.split(delimiter);
  return folders.some((place) => {
    const path = resolve(place, program);
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch {
      return false;
    }
  });
}
