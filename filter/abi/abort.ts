import { LogLevel } from "./enums";
import { proxy_log } from "./env";

/** What AssemblyScript calls where it would throw: says where, then traps. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  let text = "understudy: abort";
  if (message !== null) text += `: ${message}`;
  if (file !== null) text += ` in ${file}:${line.toString()}:${column.toString()}`;
  const utf8 = String.UTF8.encode(text);
  proxy_log(LogLevel.Critical, changetype<usize>(utf8), utf8.byteLength);
  unreachable();
}
