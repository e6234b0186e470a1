/** What the command line ends with, so that pipelines can tell. */
export const EXIT = {
  /** What was asked for was done. */
  done: 0,
  failed: 1,
  /** The command line is not one. */
  usage: 2,
  /** The rollout that was waited for was rolled back. */
  rolledBack: 3,
  /** The rollout that was waited for had not ended at the timeout, or what was decided was not in force. */
  undecided: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
