/** How two answers differ at one path. */
export type Difference = {
  /** Normalised JSONPath (`$['a'][0]`), or `status`, `contentType`, `body`. */
  readonly path: string;
  readonly kind: "missing" | "extra" | "type" | "value";
};

/** What comparing the two answers of a pair says. */
export type Comparison = {
  /**
   * `undecodable`: a body could not be read by its content type (too deep, too large, broken), so bytes were compared;
   * `truncated`: one was not captured whole, so only what is known without it was compared.
   */
  readonly method: "json" | "bytes" | "undecodable" | "truncated";
  /** Which variants sent a body that could not be read, and why; empty otherwise. */
  readonly undecodable: readonly {
    readonly variant: "primary" | "candidate";
    readonly reason: string;
  }[];
  readonly equal: boolean;
  /** At most 32; `differencesCount` counts all. */
  readonly differences: readonly Difference[];
  readonly differencesCount: number;
  /** Undefined when the rules name no prediction. */
  readonly prediction:
    | {
        /** True also when only one answer has a label; false when neither has. */
        readonly flipped: boolean;
        /** Candidate's score minus the primary's; undefined unless both are numbers. */
        readonly scoreDifference: number | undefined;
      }
    | undefined;
};
