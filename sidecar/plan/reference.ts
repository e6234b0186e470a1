import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import {
  CATEGORIES_MAX,
  canonicalJson,
  PROFILE_FORMAT,
  type ReferenceProfile,
} from "../core/drift/profile.ts";
import { closeDriftWindow, openDriftWatch, watchRow } from "../core/watch/driftWatch.ts";

/** Longest text of a reference: base64 of a profile, compressed or not. */
export const REFERENCE_TEXT_MAX = 60_000;
/** Longest profile that a text may unfold to. */
const PROFILE_BYTES_MAX: number = 4 << 20;
const FEATURES_MAX = 200;
const EDGES_MAX = 200;

/** A profile that a text holds, or what the text must be instead. */
export type ParsedReference =
  | { readonly kind: "reference"; readonly reference: ReferenceProfile }
  | { readonly kind: "problem"; readonly allowed: string };

const counted = z.int().min(0);
const numbers = z.array(z.number()).max(EDGES_MAX);
const common = {
  name: z.string().min(1).max(256),
  path: z.string().max(1_024).optional(),
  role: z.literal("prediction").optional(),
  n: counted,
  missing: counted,
  sampledMissing: counted,
};
const numeric = z
  .looseObject({
    ...common,
    type: z.literal("numeric"),
    mean: z.number(),
    std: z.number().min(0),
    min: z.number(),
    max: z.number(),
    edges: numbers,
    deciles: numbers,
    counts: z.array(counted).max(EDGES_MAX + 1),
  })
  .refine(({ edges, counts }) => counts.length === edges.length + 1 && isAscending(edges));
const categorical = z.looseObject({
  ...common,
  type: z.literal("categorical"),
  categories: z.array(z.object({ value: z.string(), count: counted })).max(CATEGORIES_MAX),
  other: counted,
});
const profile = z.looseObject({
  format: z.literal(PROFILE_FORMAT),
  rows: counted,
  sampledRows: counted,
  features: z
    .array(z.union([numeric, categorical]))
    .min(1)
    .max(FEATURES_MAX),
  hash: z.string(),
});

const ALLOWED = `what understudy profile wrote, in base64, gzip'd or not, at most ${REFERENCE_TEXT_MAX} characters; or file:NAME, which understudy apply replaces by it`;

/** Reads the text of a reference. Never throws. */
export function parseReference(text: string): ParsedReference {
  if (text.length > REFERENCE_TEXT_MAX) {
    return problem(`${ALLOWED} (${text.length} were given)`);
  }
  try {
    const value: unknown = JSON.parse(unfolded(Buffer.from(text, "base64")).toString("utf8"));
    const checked = profile.safeParse(value);
    return checked.success && isProfile(value) ? tried(value) : problem(ALLOWED);
  } catch {
    return problem(ALLOWED);
  }
}

function unfolded(bytes: Buffer): Buffer {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
    ? gunzipSync(bytes, { maxOutputLength: PROFILE_BYTES_MAX })
    : bytes;
}

/** What the schema has checked, and what `tried` will. */
function isProfile(value: unknown): value is ReferenceProfile {
  return typeof value === "object" && value !== null;
}

/**
 * The profile, if its hash is that of what it says, and one window of it can be judged: what cannot must not come to light when a rollout
 * is under way. Texts and vectors are looked at offline only, so they and the numbers of texts are left out.
 */
function tried(given: ReferenceProfile): ParsedReference {
  if (createHash("sha256").update(canonicalJson(given)).digest("hex") !== given.hash) {
    return problem("a profile as it was written: its hash is not that of what it says");
  }
  const { format, rows, sampledRows, features, multivariate, hash } = given;
  const reference = {
    format,
    rows,
    sampledRows,
    features: features.filter(({ text }) => text === undefined),
    ...(multivariate === undefined ? {} : { multivariate }),
    hash,
  };
  const watch = openDriftWatch(
    { reference, features: [], windowRows: 1, windowMs: 1, falseAlarmEveryMs: 1 },
    undefined,
    0,
  );
  for (let row = 0; row < TRIED_ROWS; row += 1) {
    watchRow(watch, {});
  }
  closeDriftWindow(watch, 1);
  return { kind: "reference", reference };
}

const TRIED_ROWS = 60;

function isAscending(values: readonly number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? value));
}

function problem(allowed: string): ParsedReference {
  return { kind: "problem", allowed };
}
