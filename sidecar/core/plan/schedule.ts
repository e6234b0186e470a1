/** When steps may advance. A rollback never waits for it. */
export type Schedule = {
  /** Name in the IANA database, such as `Europe/Berlin`. */
  readonly timezone: string;
  /** Steps advance inside one of these; at any time when there is none. */
  readonly windows: readonly TimeWindow[];
  /** And inside none of these. */
  readonly freezes: readonly Freeze[];
};

/** Days of the week, as `Intl` abbreviates them in English, in small letters. */
export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
/** A day of the week. */
export type Weekday = (typeof WEEKDAYS)[number];

/** A time of day on some days, by the clocks of the schedule's time zone. */
export type TimeWindow = {
  /** The days on which it begins; at least one. */
  readonly days: readonly Weekday[];
  /** Minutes from midnight, from 0 to 1,440; it ends on the next day when `toMinute` is not after `fromMinute`. */
  readonly fromMinute: number;
  readonly toMinute: number;
};

/** A time in which nothing advances, Unix time; its end is not part of it. */
export type Freeze = { readonly fromMs: number; readonly toMs: number; readonly reason: string };
