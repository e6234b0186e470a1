import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { scan } from "../core/compare/scan.ts";
import { canonicalJson, type ReferenceProfile } from "../core/drift/profile.ts";
import {
  closeDriftWindow,
  lookAtDrift,
  openDriftWatch,
  watchRow,
} from "../core/watch/driftWatch.ts";
import { isProfile } from "./profileSchema.ts";

/** Longest text of a reference: base64 of a profile, compressed or not. */
export const REFERENCE_TEXT_MAX = 60_000;
/** What a text may unfold to. A profile of that many features has less; what has more is only to cost time. */
const UNFOLDED = { bytesMax: 1 << 20, depthMax: 16, tokensMax: 200_000 };

/** A profile that a text holds, or what the text must be instead. */
export type ParsedReference =
  | { readonly kind: "reference"; readonly reference: ReferenceProfile }
  | { readonly kind: "problem"; readonly allowed: string };

const ALLOWED = `what understudy profile wrote, in base64, gzip'd or not, at most ${REFERENCE_TEXT_MAX} characters; or file:NAME, which understudy apply replaces by it`;

/** Reads the text of a reference. Never throws. */
export function parseReference(text: string): ParsedReference {
  if (text.length > REFERENCE_TEXT_MAX) {
    return problem(`${ALLOWED} (${text.length} were given)`);
  }
  try {
    const value = parsed(unfolded(Buffer.from(text, "base64")));
    return isProfile(value) ? tried(value) : problem(ALLOWED);
  } catch {
    return problem(ALLOWED);
  }
}

function unfolded(bytes: Buffer): Buffer {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
    ? gunzipSync(bytes, { maxOutputLength: UNFOLDED.bytesMax })
    : bytes;
}

/** The JSON of a text that is not nested more deeply than profiles are, nor has more in it. */
function parsed(bytes: Buffer): unknown {
  const { depth, tokens } = scan(bytes);
  const isLean = depth <= UNFOLDED.depthMax && tokens <= UNFOLDED.tokensMax;
  return isLean ? JSON.parse(bytes.toString("utf8")) : undefined;
}

/**
 * The profile, if its hash is that of what it says, and one window of it can be looked at and judged: what cannot must not come to light when a rollout
 * is under way. Texts and vectors are looked at offline only, so they and the numbers of texts are left out.
 */
function tried(given: ReferenceProfile): ParsedReference {
  if (createHash("sha256").update(canonicalJson(given)).digest("hex") !== given.hash) {
    return problem("a profile as it was written: its hash is not that of what it says");
  }
  const { format, rows, sampledRows, multivariate, hash } = given;
  const features = given.features.filter(({ text }) => text === undefined);
  if (features.length === 0) {
    return problem("a profile of something else than texts: those are looked at offline");
  }
  const reference = {
    format,
    rows,
    sampledRows,
    features,
    ...(multivariate === undefined ? {} : { multivariate }),
    hash,
  };
  const watch = openDriftWatch(
    {
      ...{ reference, features: [], windowRows: 1, windowMs: 1, falseAlarmEveryMs: 1 },
      thresholds: "auto",
      streams: { adwin: true, pageHinkley: true },
    },
    undefined,
    0,
  );
  for (let row = 0; row < TRIED_ROWS; row += 1) {
    watchRow(watch, []);
  }
  lookAtDrift(watch, TRIED_MS);
  while (closeDriftWindow(watch, TRIED_MS) === undefined) {
    // Judged piece by piece.
  }
  return { kind: "reference", reference };
}

const TRIED_ROWS = 60;
const TRIED_MS = 60_000;

function problem(allowed: string): ParsedReference {
  return { kind: "problem", allowed };
}
