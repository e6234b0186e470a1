import { assert } from "../assert.ts";
import { addValue, type Binning, type FeatureCounts, startFeature } from "./binning.ts";
import type { ReferenceProfile } from "./profile.ts";
import type { RowCodes } from "./rowCodes.ts";

/** Names that a profile doesn't have are counted up to this many. */
export const UNSEEN_MAX = 100;

/** All that is kept of a window, as plain JSON: a few kilobytes, however many rows it had. */
export type WindowCounts = {
  /** Of the profile whose bins are counted. */
  readonly profileHash: string;
  rows: number;
  /** In the profile's order. */
  readonly features: readonly FeatureCounts[];
  /** Rows by name of a feature that the profile doesn't have, at most `UNSEEN_MAX` names. */
  readonly unseen: Record<string, number>;
};

/** A window without rows. */
export function startCounts(
  { hash }: Pick<ReferenceProfile, "hash">,
  binnings: readonly Binning[],
): WindowCounts {
  return {
    profileHash: hash,
    rows: 0,
    features: binnings.map(({ bins }) => startFeature(bins)),
    unseen: {},
  };
}

/** Counts one row, given in the order of the window's profile: what it lacks is missing in it. Returns the row's bins, in the same order. */
export function addRow(
  counts: WindowCounts,
  binnings: readonly Binning[],
  row: readonly unknown[],
): RowCodes {
  counts.rows += 1;
  const codes = new Array<number>(binnings.length);
  for (let index = 0; index < binnings.length; index += 1) {
    const [binning, feature] = [binnings[index], counts.features[index]];
    assert(
      binning !== undefined && feature !== undefined,
      "a window counts its profile's features",
    );
    codes[index] = addValue(feature, binning, row[index]);
  }
  return codes;
}

/** Counts names that the profile doesn't have, of so many rows. */
export function countUnseen({ unseen }: WindowCounts, names: readonly string[], rows = 1): void {
  for (const name of names) {
    const seen = Object.hasOwn(unseen, name) ? unseen[name] : undefined;
    if (seen !== undefined || Object.keys(unseen).length < UNSEEN_MAX) {
      unseen[name] = (seen ?? 0) + rows;
    }
  }
}
