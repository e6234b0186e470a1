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
    const pairs = Array.from({ length: BATCH_PAIRS }, (_, index) =>
      makePair(random, startMs + Math.floor(((first + index) * 1000) / PAIRS_PER_SECOND)),
    );
    const nowMs = startMs + Math.ceil(((first + BATCH_PAIRS) * 1000) / PAIRS_PER_SECOND);
    return encodePairs(random, sequence + 1, pairs, nowMs);
  });
}

/** What is said of a request, but for its answers. */
export type Head = { readonly requestId: string; readonly startUnixMs: number };

/** The head of a request of its own. */
export function makeHead(random: () => number, startUnixMs: number): Head {
  const requestId = [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join("-");
  return { requestId, startUnixMs };
}

/** One request with both bodies. */
export type Pair = { readonly head: Head; readonly primary: Buffer; readonly candidate: Buffer };

/** The batch of these pairs as it comes from the wire. */
export function encodePairs(
  random: () => number,
  sequence: number,
  pairs: readonly Pair[],
  nowMs: number,
): WireBatch {
  const observations = pairs.map(
    ({ head, primary, candidate }): Observation => ({
      ...head,
      rollout: 0,
      subject: Buffer.from(hex(random, 16), "hex"),
      path: "/v2/models/patient-risk/infer",
      generation: 1,
      served: Variant.VARIANT_PRIMARY,
      answer: answerOf(random, primary),
      shadow: answerOf(random, candidate),
    }),
  );
  return { bytes: FilterMessage.encode({ batch: { sequence, observations } }).finish(), nowMs };
}

function makePair(random: () => number, startUnixMs: number): Pair {
  const head = makeHead(random, startUnixMs);
  const id = head.requestId;
  const score = random();
  const flipped = random() < FLIPPED_SHARE;
  const primary = { id, version: "v1", label: score > 0.5 ? 1 : 0, score };
  const candidate = {
    id,
    version: "v2",
    label: flipped ? 1 - primary.label : primary.label,
    score: score * 0.99 + random() * 0.01,
  };
  return { head, primary: bodyOf(primary), candidate: bodyOf(candidate) };
}

type Prediction = {
  readonly id: string;
  readonly version: string;
  readonly label: number;
  readonly score: number;
};

function bodyOf({ id, version, label, score }: Prediction): Buffer {
  return Buffer.from(
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
}

function answerOf(random: () => number, body: Buffer): Answer {
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
export function rounded(score: number): number {
  return Number(score.toPrecision(7));
}

function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join("");
}
