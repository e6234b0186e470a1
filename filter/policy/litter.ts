let bytes: i32 = 0;

/** Notes that about so many bytes of memory became garbage. */
export function addLitter(count: i32): void {
  bytes += count;
}

/** Whether more garbage lies about than `max` bytes; if so, counts from zero again. */
export function takeLitter(max: i32): bool {
  if (bytes <= max) return false;
  bytes = 0;
  return true;
}
