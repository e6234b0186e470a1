/** Something that is wrong now and then; it is told of once it has lasted, and over once it has been away for some time. */
export type Trouble = {
  /** Times of one clock that never goes back. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly isRaised: boolean;
  /** What was seen of it last. */
  readonly reason: string;
};

/** How long trouble must last to be told of, and must be away to be over. */
export type Patience = { readonly raiseMs: number; readonly clearMs: number };

/** The trouble after one more look, which saw its reason or, undefined, none; undefined once it is over. */
export function followTrouble(
  before: Trouble | undefined,
  seen: { readonly reason: string | undefined; readonly nowMs: number },
  { raiseMs, clearMs }: Patience,
): Trouble | undefined {
  const { nowMs, reason } = seen;
  if (reason === undefined) {
    return before === undefined || nowMs - before.lastMs >= clearMs ? undefined : before;
  }
  const firstMs = before?.firstMs ?? nowMs;
  const isRaised = before?.isRaised === true || nowMs - firstMs >= raiseMs;
  return { firstMs, lastMs: nowMs, isRaised, reason };
}
