/** Something that is wrong with the sidecar as a whole now, and in no log: with its store, with the registry of models, or with trying a model. */
export type Condition = {
  readonly kind: "store" | "registry" | "model";
  /** Which model; "" where there is but one such thing. */
  readonly subject: string;
  /** One sentence. */
  readonly reason: string;
};
