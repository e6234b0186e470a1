import { type DestinationStream, pino } from "pino";
import type { Log } from "./ports.ts";

/** JSON lines with level, time and a fixed `msg` to the stream. */
export function createLog(stream: DestinationStream): Log {
  return pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: named } },
    stream,
  );
}

function named(level: string): { level: string } {
  return { level };
}
