import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Secret } from "../access/secret.ts";
import { problemOf } from "../plan/misfit.ts";
import { type FieldPath, formatField, formatProblem, type Problem } from "../plan/problem.ts";
import { readYaml, type YamlText } from "../plan/yamlText.ts";
import { AlertError } from "../ports/alerts.ts";
import { type AlertsDocument, fitAlerts, type TargetDocument } from "./alertsSchema.ts";
import { parseTargetUrl } from "./endpoint.ts";
import { secretOf } from "./secret.ts";
import { signatureHeaders } from "./signature.ts";

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
export type ReadAlerts =
  | { readonly settings: AlertSettings }
  | { readonly problems: readonly string[] };

const FILE_BYTES_MAX = 65_536;

/** Reads a file of alerts, with what it names: paths from its own folder, variables of `environment`. Never throws. */
export function readAlerts(
  path: string,
  environment: Readonly<Record<string, string | undefined>>,
): ReadAlerts {
  const text = textOf(path);
  if (text === undefined) {
    return { problems: [`--alerts: ${path}: a file of at most ${FILE_BYTES_MAX} bytes`] };
  }
  const yaml = readYaml(text);
  if (yaml.kind === "unreadable") {
    return refused(path, yaml.problems);
  }
  const fitting = fitAlerts(yaml.value);
  if (fitting.kind === "misfits") {
    const misfits = fitting.misfits.map((misfit) => problemOf(misfit, yaml));
    return refused(path, [...yaml.problems, ...misfits]);
  }
  const finder = new Finder(yaml, { folder: dirname(resolve(path)), environment });
  const settings = finder.settings(fitting.document);
  const problems = [...yaml.problems, ...finder.problems];
  return problems.length > 0 ? refused(path, problems) : { settings };
}

function textOf(path: string): string | undefined {
  try {
    const status = statSync(path);
    return status.isFile() && status.size <= FILE_BYTES_MAX
      ? new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path))
      : undefined;
  } catch {
    return undefined;
  }
}

function refused(path: string, problems: readonly Problem[]): ReadAlerts {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return {
    problems: sorted.map((problem) => `${path}: ${formatProblem(discreet(problem))}`),
  };
}

/** The problem without what may be a secret: some URLs are. */
function discreet(problem: Problem): Problem {
  const { field, given } = problem;
  return {
    ...problem,
    field: field === "" ? "alerts" : field,
    given: field.endsWith(".url") ? "what is there" : given,
  };
}

type Surroundings = {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** One of several keys that say the same in different ways. */
type Choice = {
  readonly path: FieldPath;
  readonly what: "bearer" | "secret" | "url";
  readonly target: TargetDocument;
};

/** Finds what a document refers to, and collects what is wrong between its fields. */
class Finder {
  readonly problems: Problem[] = [];
  readonly #yaml: Extract<YamlText, { kind: "read" }>;
  readonly #surroundings: Surroundings;

  constructor(yaml: Extract<YamlText, { kind: "read" }>, surroundings: Surroundings) {
    this.#yaml = yaml;
    this.#surroundings = surroundings;
  }

  settings({ source, targets }: AlertsDocument): AlertSettings {
    for (const [index, { name }] of targets.entries()) {
      if (targets.findIndex((other) => other.name === name) < index) {
        this.#wrong(["targets", index, "name"], "each name once");
      }
    }
    return {
      source,
      targets: targets.map((target, index) => this.#target(target, ["targets", index])),
    };
  }

  #target(target: TargetDocument, path: FieldPath): TargetSettings {
    const of = (what: Choice["what"]) => this.#secret({ path, what, target });
    const [bearer, secret] = [of("bearer"), of("secret")];
    const written = target.url === undefined ? undefined : parseTargetUrl(target.url);
    const url = written ?? of("url");
    if (secret === undefined && target.type === "webhook") {
      this.#wrong([...path, "secretFile"], "secretFile or secretEnv: what is sent is signed");
    }
    if (url === undefined || (written !== undefined && keyOf("url", target) !== "url")) {
      this.#wrong([...path, "url"], "one of url, urlFile and urlEnv");
    }
    if (bearer !== undefined && written?.protocol === "http:" && !isLoopback(written)) {
      this.#wrong([...path, "url"], "https, or this machine, as the bearer token goes there");
    }
    const ca = target.caFile === undefined ? undefined : this.#ca(target.caFile, path);
    return { document: target, url: url ?? NOWHERE, bearer, secret, ca };
  }

  /** The secret in a file or variable, if one is named; it must be there now. */
  #secret({ path, what, target }: Choice): Secret | undefined {
    const { [`${what}File` as const]: file, [`${what}Env` as const]: variable } = target;
    if (file !== undefined && variable !== undefined) {
      this.#wrong([...path, `${what}Env`], `one of ${what}File and ${what}Env`);
    }
    const secret = this.#secretAt(file, variable);
    if (secret !== undefined) {
      this.#try([...path, keyOf(what, target)], () => {
        const text = secretOf(secret);
        if (what === "secret") {
          signatureHeaders(text, { id: "", nowMs: 0, body: "" });
        }
        if (what === "url" && parseTargetUrl(text) === undefined) {
          throw new AlertError("misconfigured", "a URL of http or https without a user in it");
        }
      });
    }
    return secret;
  }

  #secretAt(file: string | undefined, variable: string | undefined): Secret | undefined {
    const { environment, folder } = this.#surroundings;
    if (file !== undefined) {
      return { kind: "file", path: resolve(folder, file) };
    }
    return variable === undefined
      ? undefined
      : { kind: "value", name: variable, value: environment[variable] };
  }

  #ca(file: string, path: FieldPath): string | undefined {
    const text = textOf(resolve(this.#surroundings.folder, file));
    if (text?.includes("-----BEGIN CERTIFICATE-----") !== true) {
      this.#wrong([...path, "caFile"], "a file of certificates as PEM");
    }
    return text;
  }

  #try(path: FieldPath, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#wrong(path, error instanceof AlertError ? error.message : "something else");
    }
  }

  #wrong(path: FieldPath, allowed: string): void {
    this.problems.push({ field: formatField(path), ...this.#yaml.locate(path), allowed });
  }
}

/** Stands for a URL that is missing, which is a problem already. */
const NOWHERE: Secret = { kind: "value", name: "url", value: undefined };

function keyOf(what: Choice["what"], target: TargetDocument): string {
  const { [`${what}File` as const]: file, [`${what}Env` as const]: variable } = target;
  if (file !== undefined) {
    return `${what}File`;
  }
  return variable === undefined ? what : `${what}Env`;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
