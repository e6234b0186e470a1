import {
  assessMultivariate,
  buildMultivariate,
  type Multivariate,
  type MultivariateDrift,
  multivariateOf,
  startMultivariate,
} from "../../sidecar/core/drift/multivariate.ts";
import type { FeatureProfile } from "../../sidecar/core/drift/profile.ts";
import {
  codeOf,
  codingsOf,
  type FeatureCoding,
  type RowCodes,
} from "../../sidecar/core/drift/rowCodes.ts";
import { offerRow } from "../../sidecar/core/drift/rowSample.ts";
import { categoricalProfile, numericProfile } from "./features.ts";

/** A row by feature names. */
export type Row = Readonly<Record<string, number | string | null>>;

/** The profiles of the features of some rows: numbers where the first row has one, categories elsewhere. */
export function featuresOfRows(rows: readonly Row[]): readonly FeatureProfile[] {
  return Object.entries(rows[0] ?? {}).map(([name, first]) => {
    const values = rows.map((row) => row[name] ?? null);
    return typeof first === "number"
      ? numericProfile(
          name,
          values.map((value) => (typeof value === "number" ? value : Number.NaN)),
        )
      : categoricalProfile(
          name,
          values.map((value) => (typeof value === "string" ? value : null)),
        );
  });
}

/** The codes of a row given by feature names. */
export function codesOf(
  codings: readonly FeatureCoding[],
  row: Readonly<Record<string, unknown>>,
): RowCodes {
  return codings.map(({ binning }) => codeOf(binning, row[binning.name]));
}

/** What rows say of all features together, made ready; and how to assess windows on it. */
export function multivariateOfRows(rows: readonly Row[]): Multivariate {
  const features = featuresOfRows(rows);
  const codings = codingsOf(features);
  const built = buildMultivariate(
    features,
    rows.map((row) => codesOf(codings, row)),
    1,
  );
  if (built === null) {
    throw new Error("too few rows or features for a profile of all together");
  }
  return multivariateOf(features, built);
}

/** What a window of these rows is assessed as. */
export function assessRows(
  multivariate: Multivariate,
  rows: readonly Row[],
): MultivariateDrift | null {
  const window = startMultivariate(multivariate, 2);
  for (const row of rows) {
    offerRow(window, () => codesOf(multivariate.codings, row));
  }
  return assessMultivariate(multivariate, window);
}
