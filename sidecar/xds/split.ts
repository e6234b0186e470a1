import type { Target } from "../core/target.ts";
import { ALL_BP, type BasisPoints, type Traffic } from "../core/traffic.ts";
import type { RolloutDocument } from "./document.ts";

/** What a rollout asks for. */
export type Wanted = { readonly target: Target; readonly traffic: Traffic };

/** A version's part of a rollout's requests. */
export type Share = {
  readonly version: string;
  readonly cluster: string;
  readonly bp: BasisPoints;
};

/** Where requests go, and where copies of them do. */
export type Split = {
  /** In the document's order, those without a share too; they sum to 10,000. */
  readonly shares: readonly Share[];
  /** Envoy's own mirroring; undefined when nothing is copied. */
  readonly copies: Share | undefined;
};

/**
 * How the rollout's requests are divided; the version from `before` has all of them while nothing is wanted. Copies go to the candidate while it answers no
 * user: nobody looks at their answers, so that they only warm it and show what it costs.
 */
export function splitOf({ versions, before }: RolloutDocument, wanted: Wanted | undefined): Split {
  const candidateBp = wanted?.traffic.candidateBp ?? 0;
  const bpOf = (version: string): BasisPoints => {
    if (version === (wanted?.target.primary ?? before)) {
      return ALL_BP - candidateBp;
    }
    return version === wanted?.target.candidate ? candidateBp : 0;
  };
  const shares = versions.map(({ name, cluster }) => ({ version: name, cluster, bp: bpOf(name) }));
  const shadowBp = candidateBp === 0 ? (wanted?.traffic.shadowBp ?? 0) : 0;
  const candidate = shares.find(({ version }) => version === wanted?.target.candidate);
  return { shares, copies: candidate && shadowBp > 0 ? { ...candidate, bp: shadowBp } : undefined };
}
