import { z } from "zod";
import type { OnGateFailure } from "../core/rollout/event.ts";
import { name, path, source, url, variable } from "../outgoing/fields.ts";
import { duration, section, word } from "../plan/fields.ts";
import { type Fitting, fit } from "../plan/misfit.ts";

/** Most hooks of a file, and most words of a command. */
export const HOOKS_MAX = 50;
const WORDS_MAX = 64;
const VARIABLES_MAX = 32;
const ORIGINS_MAX = 100;

type Common = {
  readonly name: string;
  readonly timeout: number;
  readonly giveUpAfter: number;
  readonly onFailure: OnGateFailure;
  readonly onSilence: OnGateFailure;
};

/** How what is asked is written: as Standard Webhooks have it, or as a CloudEvent 1.0 in structured mode; signed alike. */
export type WebhookFormat = "plain" | "cloudEvents";

/** A hook that is called over HTTP, as it is written, with units undone. */
export type WebhookDocument = Common & {
  readonly type: "webhook";
  readonly url: string;
  readonly format?: WebhookFormat | undefined;
  readonly caFile?: string | undefined;
  readonly bearerFile?: string | undefined;
  readonly bearerEnv?: string | undefined;
  readonly secretFile?: string | undefined;
  readonly secretEnv?: string | undefined;
};

/** A hook that is a program. */
export type CommandDocument = Common & {
  readonly type: "command";
  readonly run: readonly string[];
  readonly env: readonly string[];
};

/** A hook as it is written. */
export type HookDocument = WebhookDocument | CommandDocument;

/** The whole file. */
export type HooksDocument = {
  readonly source: string;
  readonly hooks: readonly HookDocument[];
  readonly probes: {
    readonly origins?: readonly string[] | undefined;
    readonly caFile?: string | undefined;
  };
};

const outcome = () =>
  z.enum(["rollback", "hold"] satisfies OnGateFailure[], { error: "rollback or hold" });

const timeout = (preset: string) =>
  duration({ minMs: 100, maxMs: 3_600_000 })
    .prefault(preset)
    .describe("An attempt that takes longer has failed, and is repeated.");

const common = {
  name: name(),
  giveUpAfter: duration({ minMs: 1_000, maxMs: 30 * 24 * 3_600_000 })
    .prefault("1h")
    .describe("Without an answer for so long nobody is asked any more."),
  onFailure: outcome().prefault("rollback").describe("What becomes of a rollout when it says no."),
  onSilence: outcome()
    .prefault("hold")
    .describe("What becomes of a rollout when it gives no answer."),
};

const argument = () => word(/^[^\0]{0,4096}$/, "a word of at most 4096 characters");

const hook = z.discriminatedUnion(
  "type",
  [
    section({
      type: z.literal("webhook"),
      ...common,
      timeout: timeout("10s"),
      url: url(),
      format: z
        .enum(["plain", "cloudEvents"] satisfies WebhookFormat[], { error: "plain or cloudEvents" })
        .optional(),
      caFile: path().optional(),
      bearerFile: path().optional(),
      bearerEnv: variable().optional(),
      secretFile: path().optional(),
      secretEnv: variable().optional(),
    }),
    section({
      type: z.literal("command"),
      ...common,
      timeout: timeout("5m"),
      run: listOf(argument(), { min: 1, max: WORDS_MAX, what: "words" }),
      env: listOf(variable(), { min: 0, max: VARIABLES_MAX, what: "variables" }).prefault([]),
    }),
  ],
  { error: "type webhook or command" },
);

const document: z.ZodType<HooksDocument> = section({
  apiVersion: z.literal("understudy.dev/v1alpha1", { error: "understudy.dev/v1alpha1" }),
  kind: z.literal("Hooks", { error: "Hooks" }),
  source: source(),
  hooks: listOf(hook, { min: 0, max: HOOKS_MAX, what: "hooks" }).prefault([]),
  probes: section({
    origins: listOf(url(), { min: 0, max: ORIGINS_MAX, what: "origins" })
      .optional()
      .describe("Where plans may have readiness asked; anywhere when it is left out."),
    caFile: path().optional().describe("PEM certificates that probes trust instead."),
  }).prefault({}),
});

function listOf<Item extends z.ZodType>(
  item: Item,
  of: { readonly min: number; readonly max: number; readonly what: string },
): z.ZodArray<Item> {
  const error = `a list of ${of.min} to ${of.max} ${of.what}`;
  return z.array(item, { error }).min(of.min, { error }).max(of.max, { error });
}

/** Fits a value into the schema of a file of hooks. Rules between fields are not looked at. */
export function fitHooks(value: unknown): Fitting<HooksDocument> {
  return fit(document, value);
}
