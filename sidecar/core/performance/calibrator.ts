import { equalCountEce, type Forecast } from "./calibration.ts";
import { fitIsotonic, type Isotonic, isotonicAt } from "./isotonic.ts";

/** Fewer labelled forecasts tell nothing about calibration. */
const FORECASTS_MIN = 100;

/**
 * The function from stated chances to those that came true in the reference, by isotonic regression; undefined where stated chances are as
 * good, or there are too few forecasts. Judged on forecasts that it was not fitted to: every second one is fitted, the others are judged by
 * their expected calibration error, and the other way round.
 */
export function calibratorFor(forecasts: readonly Forecast[]): Isotonic | undefined {
  if (forecasts.length < FORECASTS_MIN) {
    return undefined;
  }
  const even = forecasts.filter((_, place) => place % 2 === 0);
  const odd = forecasts.filter((_, place) => place % 2 === 1);
  const stated = equalCountEce(even) + equalCountEce(odd);
  const fitted = equalCountEce(refitted(even, odd)) + equalCountEce(refitted(odd, even));
  return fitted < stated ? fit(forecasts) : undefined;
}

/** The forecasts with the chances of a calibrator that was fitted to others. */
function refitted(
  forecasts: readonly Forecast[],
  others: readonly Forecast[],
): readonly Forecast[] {
  const calibrator = fit(others);
  return forecasts.map((each) => ({ ...each, chance: isotonicAt(calibrator, each.chance) }));
}

function fit(forecasts: readonly Forecast[]): Isotonic {
  return fitIsotonic(forecasts.map(({ chance, positive }) => ({ x: chance, y: Number(positive) })));
}
