import { ALIAS_NAME, MODEL_NAME, nameOfVersion } from "../../core/models/model.ts";
import { METRICS_MAX, type Registration, type Registry } from "../../ports/registry.ts";
import { readContent } from "../../registry/content.ts";
import { EXIT, type ExitCode } from "../exitCodes.ts";
import { UsageError } from "../flags.ts";
import { inForm, OUTPUT_FLAGS } from "../output.ts";
import { plain } from "../plain.ts";
import { versionJson, versionsText, versionText } from "../printVersions.ts";
import { REGISTRY_FLAGS, registryOf } from "../registryFlags.ts";
import { type Call, defineVerb, type Verb } from "../verb.ts";

/** `vN` or `N`. */
const VERSION = /^v?([1-9]\d{0,8})$/;
const METRIC = /^([A-Za-z0-9][A-Za-z0-9_. /-]{0,99})=(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/i;

const allowed = (pattern: RegExp, what: string) => (text: string) =>
  pattern.test(text) ? undefined : what;
const aVersion = allowed(VERSION, "a version, such as 3 or v3");

const flags = {
  model: {
    type: "string",
    required: true,
    value: "NAME",
    check: allowed(MODEL_NAME, "a model's name of 1 to 48 letters, digits, ., _ and -"),
    meaning: "whose versions they are",
  },
  version: {
    type: "string",
    value: "N",
    check: aVersion,
    meaning: "alias: the version that it is to name",
  },
  "training-data": {
    type: "string",
    value: "FILE",
    meaning: "register: what it was trained on, of which the hash is kept",
  },
  metric: {
    type: "string",
    multiple: true,
    value: "NAME=NUMBER",
    check: allowed(METRIC, "a name and a number, such as auc=0.68"),
    meaning: "register: how good it was, once for each metric",
  },
  parent: {
    type: "string",
    value: "N",
    check: aVersion,
    meaning: "register: the version that it was made from",
  },
  alias: {
    type: "string",
    value: "ALIAS",
    check: allowed(ALIAS_NAME, "an alias of small letters, digits, _ and -, such as challenger"),
    meaning: "register: lets this alias name the version, as challenger",
  },
  ...REGISTRY_FLAGS,
  ...OUTPUT_FLAGS,
} as const;

type Asked = Call<typeof flags> & { readonly registry: Registry; readonly signal: AbortSignal };

/** What can be done with a registry, and what the word after it is. */
const DEEDS: Readonly<
  Record<string, { readonly operand: string; readonly run: (asked: Asked) => Promise<void> }>
> = {
  register: { operand: "FILE", run: register },
  list: { operand: "", run: list },
  show: { operand: "VERSION", run: show },
  alias: { operand: "ALIAS", run: alias },
};

/** `understudy registry`. */
export const registry: Verb = defineVerb({
  operands: `${Object.keys(DEEDS).join("|")} [FILE|VERSION|ALIAS]`,
  flags,
  about: [
    "register FILE makes the file the model's next version; the same content again is the version that it was.",
    "list shows the model's versions, show VERSION all of one, alias ALIAS lets an alias name a version.",
  ],
  examples: [
    "registry register model.onnx --model my-model --metric auc=0.68 --alias challenger",
    "registry list --model my-model",
    "registry show v2 --model my-model --registry https://mlflow.example.com",
    "registry alias champion --model my-model --version 1",
  ],
  run: async (call): Promise<ExitCode> => {
    const [name = "", word] = call.operands;
    const deed = DEEDS[name];
    const operand = deed?.operand ?? "";
    if ((word === undefined) !== (operand === "")) {
      throw new UsageError([operand === "" ? `${word}: a word too many` : `${operand}: nothing`]);
    }
    const opened = registryOf(call.flags);
    try {
      await deed?.run({ ...call, registry: opened, signal: new AbortController().signal });
    } finally {
      await opened.close();
    }
    return EXIT.done;
  },
});

async function register({ operands, flags: given, registry: to, ...rest }: Asked): Promise<void> {
  const { output, signal } = rest;
  const [, file = ""] = operands;
  const { version, isNew } = await to.register(await registrationOf(file, given, signal), signal);
  const { model } = version;
  if (given.alias !== undefined) {
    await to.setAlias({ model, alias: given.alias, version: version.version }, signal);
  }
  const registered = await to.read(model, signal);
  const named = given.alias === undefined ? "" : `, ${given.alias}`;
  const text = `${model} ${nameOfVersion(version.version)}: ${isNew ? "registered" : "registered before"}${named}`;
  output.out(
    inForm(given.output, {
      json: () => ({ ...versionJson(version, registered), isNew }),
      text: () => plain(text),
    }),
  );
}

async function registrationOf(
  file: string,
  given: Asked["flags"],
  signal: AbortSignal,
): Promise<Registration> {
  const metrics = given.metric.map((text): [string, number] => {
    const [, name = "", value] = METRIC.exec(text) ?? [];
    return [name, Number(value)];
  });
  if (metrics.length > METRICS_MAX) {
    throw new UsageError([`--metric: ${metrics.length} of them: at most ${METRICS_MAX}`]);
  }
  const data = given["training-data"];
  return {
    model: given.model,
    file,
    trainingDataSha256: data === undefined ? undefined : (await readContent(data, signal)).sha256,
    metrics: Object.fromEntries(metrics),
    parent: given.parent === undefined ? undefined : numberOf(given.parent),
  };
}

async function list({ flags: given, registry: of, output, signal }: Asked): Promise<void> {
  const registered = await of.read(given.model, signal);
  output.out(
    inForm(given.output, {
      json: () => ({ versions: registered.versions.map((one) => versionJson(one, registered)) }),
      text: () => plain(versionsText(registered)),
    }),
  );
}

async function show({ operands, flags: given, registry: of, ...rest }: Asked): Promise<void> {
  const { output, signal } = rest;
  const [, word = ""] = operands;
  if (!VERSION.test(word)) {
    throw new UsageError([`${word}: ${aVersion(word)}`]);
  }
  const registered = await of.read(given.model, signal);
  const found = registered.versions.find(({ version }) => version === numberOf(word));
  if (found === undefined) {
    throw new Error(`${given.model} has no version ${numberOf(word)}`);
  }
  output.out(
    inForm(given.output, {
      json: () => versionJson(found, registered),
      text: () => plain(versionText(found, registered)),
    }),
  );
}

async function alias({ operands, flags: given, registry: of, ...rest }: Asked): Promise<void> {
  const { output, signal } = rest;
  const [, word = ""] = operands;
  const problem = flags.alias.check(word);
  if (problem !== undefined || given.version === undefined) {
    throw new UsageError([
      problem === undefined
        ? `--version: nothing: ${flags.version.meaning}`
        : `${word}: ${problem}`,
    ]);
  }
  const version = numberOf(given.version);
  await of.setAlias({ model: given.model, alias: word, version }, signal);
  const text = `${given.model} ${nameOfVersion(version)}: ${word}`;
  const json = { model: given.model, alias: word, version };
  output.out(inForm(given.output, { json: () => json, text: () => plain(text) }));
}

function numberOf(version: string): number {
  return Number(VERSION.exec(version)?.[1]);
}
