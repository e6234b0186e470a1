/** What a caller may be. `server/permissions.ts` says what each may call. */
export const ROLES = ["viewer", "operator", "admin", "labeler", "filter"] as const;

/** One of them. */
export type Role = (typeof ROLES)[number];

/** Somebody whom the callers file names. */
export type Caller = {
  readonly name: string;
  readonly role: Role;
  /** What proves it: `sha256:HEX` of a token, or `certificate:` and an identity in it. */
  readonly credential: string;
  /** Unix time from which it counts no more; infinite when it always does. */
  readonly untilMs: number;
  /** Of a filter: the rollouts that it may report and be told about, 1 to 64 names; absent when all. */
  readonly rollouts?: readonly string[];
};

/** Whether the text is a role. */
export function isRole(text: string): text is Role {
  return ROLES.some((role) => role === text);
}
