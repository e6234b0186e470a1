import type { Clock } from "../../sidecar/ports.ts";

/** A clock that moves only when told to. */
export type ManualClock = Clock & {
  /** Both times go on. */
  advance(ms: number): void;
  /** The date alone is set, as an administrator or NTP would. */
  setWall(ms: number): void;
};

/** A clock at a fixed time. */
export function manualClock(startMs = 1_800_000_000_000): ManualClock {
  let wallMs = startMs;
  let steadyMs = 0;
  return {
    wallMs: () => wallMs,
    steadyMs: () => steadyMs,
    advance: (ms) => {
      wallMs += ms;
      steadyMs += ms;
    },
    setWall: (ms) => {
      wallMs = ms;
    },
  };
}

/** A clock that runs so many times faster than real time, so that a test need not wait for minutes. */
export function fastClock(speed: number): Clock {
  const originMs = Date.now();
  const begunMs = performance.now();
  const passedMs = () => (performance.now() - begunMs) * speed;
  return { wallMs: () => originMs + passedMs(), steadyMs: passedMs };
}
