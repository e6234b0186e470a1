/** What each number of a drift report says, for who has not met it. */
export const MEANINGS: readonly { readonly name: string; readonly meaning: string }[] = [
  {
    name: "PSI",
    meaning:
      "Population stability index: how far the shares of ten bins (tenths of the reference, or categories) moved. Below 0.1 little, above 0.25 much.",
  },
  {
    name: "by chance",
    meaning:
      "What PSI exceeds by chance alone in a window of this size: only a PSI above this and above the threshold is an alarm.",
  },
  {
    name: "KS",
    meaning:
      "Kolmogorov-Smirnov distance: the greatest difference of the shares of values up to some point; 0 is the same, 1 is apart.",
  },
  {
    name: "JS",
    meaning: "Jensen-Shannon distance of the shares; 0 is the same.",
  },
  {
    name: "W1/std",
    meaning:
      "Wasserstein distance: how far values moved in the mean, in standard deviations of the reference.",
  },
  {
    name: "p",
    meaning:
      "The chance of a difference at least this large though nothing changed. Large windows make it small for changes that don't matter, so that it is never an alarm alone.",
  },
  {
    name: "drifted",
    meaning:
      "An effect reaches its threshold and chance does not explain it, at a level that is corrected for the number of features.",
  },
];
