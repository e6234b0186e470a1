import type { BasisPoints } from "../core/traffic.ts";

/** Hooks by name; absent lists are empty. */
export type GatesDocument = {
  readonly before: readonly string[];
  readonly after: readonly string[];
};

type Gated = { readonly gates?: GatesDocument | undefined };

/** A step has one of these. */
export type StepDocument = {
  readonly shadow?: ShadowDocument | undefined;
  readonly canary?: CanaryDocument | undefined;
  readonly preview?: PreviewDocument | undefined;
  readonly switch?: SwitchDocument | undefined;
  readonly pause?: PauseDocument | undefined;
};

/** A step that copies requests. */
export type ShadowDocument = Gated & {
  readonly percent: BasisPoints;
  readonly minimum: { readonly pairs: number; readonly time: number };
};

/** What a step that users or tests reach must see. */
export type MinimumDocument = {
  readonly pairs: number;
  readonly requests: number;
  readonly time: number;
};

/** A step that gives users to the candidate. */
export type CanaryDocument = Gated & {
  readonly weight: BasisPoints;
  readonly shadowPercent?: BasisPoints | undefined;
  readonly minimum: MinimumDocument;
};

/** A step that gives test requests to the candidate. */
export type PreviewDocument = Gated & {
  readonly shadowPercent?: BasisPoints | undefined;
  readonly minimum: MinimumDocument;
};

/** A step that gives all users to the candidate at once. */
export type SwitchDocument = Gated & {
  readonly keepFor: number;
  readonly shadowPercent?: BasisPoints | undefined;
};

/** A step that changes nothing. */
export type PauseDocument = Gated & {
  readonly approval?: boolean | undefined;
  readonly for?: number | undefined;
};
