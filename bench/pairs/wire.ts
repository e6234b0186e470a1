import { understudy } from "#proto";
import { seededRandom } from "../load/random.ts";

const { Failure, FilterMessage, Variant } = understudy.v1;
type Answer = understudy.v1.Answer.$Properties;
type Observation = understudy.v1.Observation.$Properties;

/** Observations of one batch, about as many as the filter sends at once under load. */
export const BATCH_PAIRS = 64;
/** Pairs a second that the times in the batches stand for: one Envoy worker under full load. */
export const PAIRS_PER_SECOND = 2000;
/** Share of pairs whose label differs, as between the example's v1 and v2. */
const FLIPPED_SHARE = 0.09;

/** One batch as it comes from the wire, and the time at which it comes. */
export type WireBatch = { readonly bytes: Uint8Array; readonly nowMs: number };

/**
 * Encoded FilterMessages, each a batch of 64 pairs of answers of the Open Inference Protocol v2 (about 240 bytes each): a label and
 * two probabilities, every score a little different, 9 % of the labels flipped. Starts lie at 2,000 a second from `startMs`. Always the same.
 */
export function makeBatches(count: number, startMs: number): WireBatch[] {
  const random = seededRandom(11);
  return Array.from({ length: count }, (_, sequence) => {
    const first = sequence * BATCH_PAIRS;
    const observations = Array.from({ length: BATCH_PAIRS }, (_, index) =>
      makePair(random, startMs + Math.floor(((first + index) * 1000) / PAIRS_PER_SECOND)),
    );
    const bytes = FilterMessage.encode({
      batch: { sequence: sequence + 1, observations },
    }).finish();
    const nowMs = startMs + Math.ceil(((first + BATCH_PAIRS) * 1000) / PAIRS_PER_SECOND);
    return { bytes, nowMs };
  });
}

function makePair(random: () => number, startUnixMs: number): Observation {
  const requestId = [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join("-");
  const score = random();
  const flipped = random() < FLIPPED_SHARE;
  const primary = { id: requestId, version: "v1", label: score > 0.5 ? 1 : 0, score };
  const candidate = {
    id: requestId,
    version: "v2",
    label: flipped ? 1 - primary.label : primary.label,
    score: score * 0.99 + random() * 0.01,
  };
  return {
    rollout: 0,
    requestId,
    subject: Buffer.from(hex(random, 16), "hex"),
    startUnixMs,
    path: "/v2/models/patient-risk/infer",
    generation: 1,
    served: Variant.VARIANT_PRIMARY,
    answer: makeAnswer(random, primary),
    shadow: makeAnswer(random, candidate),
  };
}

type Prediction = {
  readonly id: string;
  readonly version: string;
  readonly label: number;
  readonly score: number;
};

function makeAnswer(random: () => number, prediction: Prediction): Answer {
  const { id, version, label, score } = prediction;
  const body = Buffer.from(
    JSON.stringify({
      model_name: "patient-risk",
      model_version: version,
      id,
      outputs: [
        { name: "label", datatype: "INT64", shape: [1], data: [label] },
        {
          name: "probabilities",
          datatype: "FP32",
          shape: [1, 2],
          data: [rounded(1 - score), rounded(score)],
        },
      ],
    }),
  );
  return {
    status: 200,
    failure: Failure.FAILURE_UNSPECIFIED,
    contentType: "application/json",
    latencyUs: Math.round(2000 + random() * 8000),
    body,
    bodyBytes: body.length,
  };
}

/** As many digits as a 32-bit float has. */
function rounded(score: number): number {
  return Number(score.toPrecision(7));
}

function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
}
