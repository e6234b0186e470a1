import { resolve } from "node:path";
import type { Secret } from "../access/secret.ts";
import { type FieldPath, formatField, type Problem } from "../plan/problem.ts";
import type { YamlText } from "../plan/yamlText.ts";
import { OutgoingError } from "../ports/outgoing.ts";
import { isLoopbackUrl, parseTargetUrl } from "./endpoint.ts";
import { secretOf } from "./secret.ts";
import { signatureHeaders } from "./signature.ts";
import { smallText } from "./smallText.ts";

type Yaml = Extract<YamlText, { kind: "read" }>;

/** Variables of the environment by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a file of settings may refer to. */
export type Surroundings = {
  /** Paths begin there. */
  readonly folder: string;
  readonly environment: Environment;
};

/** What is kept outside of the file: a token, a key that signs, or a URL that is a secret. */
export type SecretKind = "bearer" | "secret" | "url";

/** The keys by which a section says where a secret is: a file or a variable. */
export type SecretKeys<Kind extends SecretKind> = {
  readonly [Key in `${Kind}${"File" | "Env"}`]?: string | undefined;
};

/** Finds what a document of settings refers to, and collects what is wrong between its fields. */
export class Finder {
  readonly problems: Problem[] = [];
  readonly #yaml: Yaml;
  readonly #surroundings: Surroundings;

  constructor(yaml: Yaml, surroundings: Surroundings) {
    this.#yaml = yaml;
    this.#surroundings = surroundings;
  }

  /** Paths in the document begin there. */
  get folder(): string {
    return this.#surroundings.folder;
  }

  /** The value of a variable of the environment. */
  variable(name: string): string | undefined {
    return this.#surroundings.environment[name];
  }

  /** Notes that the value at a path is not what is allowed there. */
  wrong(path: FieldPath, allowed: string): void {
    this.problems.push({ field: formatField(path), ...this.#yaml.locate(path), allowed });
  }

  /** Notes which of a list's names are there before. */
  eachNameOnce(list: string, named: readonly { readonly name: string }[]): void {
    for (const [index, { name }] of named.entries()) {
      if (named.findIndex((other) => other.name === name) < index) {
        this.wrong([list, index, "name"], "each name once");
      }
    }
  }

  /** The secret in a file or variable, if the section at the path names one; it must be there now, and be fit for what it is. */
  secret<Kind extends SecretKind>(
    path: FieldPath,
    kind: Kind,
    section: SecretKeys<Kind>,
  ): Secret | undefined {
    const { file, variable } = placesOf(kind, section);
    if (file !== undefined && variable !== undefined) {
      this.wrong([...path, `${kind}Env`], `one of ${kind}File and ${kind}Env`);
    }
    const secret = this.#secretAt(file, variable);
    if (secret !== undefined) {
      this.#try([...path, secretKey(kind, section)], () => check(kind, secretOf(secret)));
    }
    return secret;
  }

  /** Notes when a token would go over the wire in the clear. */
  keepsToken(path: FieldPath, bearer: Secret | undefined, url: URL | undefined): void {
    if (bearer !== undefined && url?.protocol === "http:" && !isLoopbackUrl(url)) {
      this.wrong([...path, "url"], "https, or this machine, as the bearer token goes there");
    }
  }

  /** The certificates in a file, as PEM, if the section at the path names one. */
  certificates(path: FieldPath, file: string | undefined): string | undefined {
    const text = file === undefined ? undefined : smallText(resolve(this.folder, file));
    if (file !== undefined && text?.includes("-----BEGIN CERTIFICATE-----") !== true) {
      this.wrong([...path, "caFile"], "a file of certificates as PEM");
    }
    return text;
  }

  #secretAt(file: string | undefined, variable: string | undefined): Secret | undefined {
    if (file !== undefined) {
      return { kind: "file", path: resolve(this.folder, file) };
    }
    return variable === undefined
      ? undefined
      : { kind: "value", name: variable, value: this.variable(variable) };
  }

  #try(path: FieldPath, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.wrong(path, error instanceof OutgoingError ? error.message : "something else");
    }
  }
}

/** Which key of a section says a secret: the file's, the variable's, else the one for the secret itself. */
export function secretKey<Kind extends SecretKind>(kind: Kind, section: SecretKeys<Kind>): string {
  const { file, variable } = placesOf(kind, section);
  if (file !== undefined) {
    return `${kind}File`;
  }
  return variable === undefined ? kind : `${kind}Env`;
}

function placesOf<Kind extends SecretKind>(
  kind: Kind,
  section: SecretKeys<Kind>,
): { readonly file: string | undefined; readonly variable: string | undefined } {
  const { [`${kind}File` as const]: file, [`${kind}Env` as const]: variable } = section;
  return { file, variable };
}

function check(kind: SecretKind, text: string): void {
  if (kind === "secret") {
    signatureHeaders(text, { id: "", nowMs: 0, body: "" });
  }
  if (kind === "url" && parseTargetUrl(text) === undefined) {
    throw new OutgoingError("misconfigured", "a URL of http or https without a user in it");
  }
}
