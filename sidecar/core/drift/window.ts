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

/**
 * Counts one row, given by feature names, on the binnings of the window's profile. A feature that the row lacks is missing in it, a name that
 * the profile lacks is unseen. Returns the row's bins, in the profile's order.
 */
export function addRow(
  counts: WindowCounts,
  binnings: readonly Binning[],
  row: Readonly<Record<string, unknown>>,
): RowCodes {
  counts.rows += 1;
  const codes = new Array<number>(binnings.length);
  let known = 0;
  for (const [index, binning] of binnings.entries()) {
    const feature = counts.features[index];
    assert(feature !== undefined, "a window counts every feature of its profile");
    const given = Object.hasOwn(row, binning.name);
    known += given ? 1 : 0;
    codes[index] = addValue(feature, binning, given ? row[binning.name] : undefined);
  }
  const names = Object.keys(row);
  if (names.length > known) {
    const features = new Set(binnings.map(({ name }) => name));
    countUnseen(
      counts,
      names.filter((name) => !features.has(name)),
    );
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
