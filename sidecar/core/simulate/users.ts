import type { Random } from "./random.ts";

/** Recurring users: they keep their buckets, so the share of requests that the candidate answers is not just its weight. */
export type Users = {
  readonly stickyShare: number;
  readonly total: number;
  /** Users whose bucket is below `weight`, a share from 0 to 1. */
  below: number;
  weight: number;
};

/** Users whose buckets have not been looked at. */
export function newUsers(stickyShare: number, total: number): Users {
  return { stickyShare, total, below: 0, weight: 0 };
}

/** The share of requests that fall to the candidate at a weight; a weight that grows only adds users. */
export function candidateShare(users: Users, weight: number, random: Random): number {
  if (weight > users.weight) {
    const chance = (weight - users.weight) / (1 - users.weight);
    users.below += random.binomial(users.total - users.below, chance);
    users.weight = weight;
  }
  const recurring = weight === 0 ? 0 : users.below / users.total;
  return users.stickyShare * recurring + (1 - users.stickyShare) * weight;
}
