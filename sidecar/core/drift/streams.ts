import { assert } from "../assert.ts";
import { brief } from "../words.ts";
import {
  ADWIN,
  type Adwin,
  adwinMean,
  insertAdwinSlice,
  lookAtAdwin,
  startAdwin,
} from "./adwin.ts";
import { MISSING } from "./binning.ts";
import { addPageHinkley, type PageHinkley, startPageHinkley } from "./pageHinkley.ts";
import type { FeatureProfile } from "./profile.ts";
import { middleRanks, type RowCodes } from "./rowCodes.ts";

/** Streams that are watched at most: their state is the larger part of what is kept of a window. */
export const STREAMS_MAX = 32;

/** ADWIN gets values in slices of 2^3: it looks for cuts only between them, which is a fraction of the work. */
const SLICE_LEVEL = 3;
const SLICE = 2 ** SLICE_LEVEL;

/** Which detectors look at streams. */
export type StreamRules = { readonly adwin: boolean; readonly pageHinkley: boolean };

/** A feature whose values are watched one after the other, each as its place in the reference. */
export type StreamSource = {
  readonly name: string;
  /** Of the feature, in the profile. */
  readonly index: number;
  /** By bin: the share of the reference's values that lie below its middle, in (0, 1). */
  readonly places: readonly number[];
};

/** What the detectors know of a stream: plain JSON of at most some kilobytes, whatever its length. */
export type Stream = {
  readonly adwin: Adwin | null;
  readonly pageHinkley: PageHinkley | null;
  /** Places that wait for their slice to be full. */
  readonly waiting: number[];
  /** In words, what changed since `takeChanges`. */
  change: string | null;
};

/** A stream that changed, and how. */
export type StreamChange = { readonly name: string; readonly reason: string };

/**
 * The streams of a profile, in its order: the prediction and every feature that is measured, at most `STREAMS_MAX`, predictions first; none where no
 * detector looks at them. Categories of a prediction have their places in the order of their frequency.
 */
export function streamSources(
  features: readonly FeatureProfile[],
  { adwin, pageHinkley }: StreamRules,
): readonly StreamSource[] {
  const sources = features.flatMap((feature, index) => {
    const isWatched = feature.type === "numeric" || feature.role === "prediction";
    return isWatched ? [{ feature, source: sourceOf(feature, index) }] : [];
  });
  const rank = ({ feature }: { readonly feature: FeatureProfile }) =>
    feature.role === "prediction" ? 0 : 1;
  return adwin || pageHinkley
    ? sources
        .sort((a, b) => rank(a) - rank(b))
        .slice(0, STREAMS_MAX)
        .map(({ source }) => source)
    : [];
}

/** Streams without values. */
export function startStreams(
  sources: readonly StreamSource[],
  { adwin, pageHinkley }: StreamRules,
): readonly Stream[] {
  return sources.map(() => ({
    adwin: adwin ? startAdwin() : null,
    pageHinkley: pageHinkley ? startPageHinkley() : null,
    waiting: [],
    change: null,
  }));
}

/** Adds a row, given by its bins, to its streams; a missing value is none. Page-Hinkley looks at each, ADWIN gets eight at a time. */
export function addToStreams(
  sources: readonly StreamSource[],
  streams: readonly Stream[],
  codes: RowCodes,
): void {
  for (let index = 0; index < sources.length; index += 1) {
    const [source, stream] = [sources[index], streams[index]];
    assert(source !== undefined && stream !== undefined, "every source has its stream");
    const code = codes[source.index] ?? MISSING;
    const place = code === MISSING ? undefined : source.places[code];
    if (place !== undefined) {
      addPlace(stream, place);
    }
  }
}

function addPlace(stream: Stream, place: number): void {
  const { adwin, pageHinkley, waiting } = stream;
  if (adwin !== null) {
    waiting.push(place);
    if (waiting.length === SLICE) {
      insertAdwinSlice(adwin, waiting, SLICE_LEVEL);
      waiting.length = 0;
    }
  }
  if (pageHinkley !== null && addPageHinkley(pageHinkley, place)) {
    stream.change = "Page-Hinkley: values have left their mean place in the reference";
  }
}

/**
 * Lets ADWIN look at each stream, which it otherwise would after every 32 values: the chance that a look calls any of them changed though none did
 * is about `alpha`, which they share.
 */
export function lookAtStreams(streams: readonly Stream[], alpha: number): void {
  for (const stream of streams) {
    const { adwin } = stream;
    if (adwin === null) {
      continue;
    }
    const before = adwinMean(adwin);
    if (lookAtAdwin(adwin, { ...ADWIN, delta: alpha / streams.length })) {
      stream.change = `ADWIN: the mean place of values in the reference is ${brief(adwinMean(adwin))}, was ${brief(before)}`;
    }
  }
}

/** What changed since this was asked before. */
export function takeChanges(
  sources: readonly StreamSource[],
  streams: readonly Stream[],
): readonly StreamChange[] {
  const changes = changesIn(sources, streams);
  for (const stream of streams) {
    stream.change = null;
  }
  return changes;
}

/** The same without forgetting it. */
export function changesIn(
  sources: readonly StreamSource[],
  streams: readonly Stream[],
): readonly StreamChange[] {
  return sources.flatMap(({ name }, index) => {
    const change = streams[index]?.change ?? null;
    return change === null ? [] : [{ name, reason: change }];
  });
}

function sourceOf(feature: FeatureProfile, index: number): StreamSource {
  const counts =
    feature.type === "numeric"
      ? feature.counts
      : [...feature.categories.map(({ count }) => count), feature.other];
  return { name: feature.name, index, places: middleRanks(counts) };
}
