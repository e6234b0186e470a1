import { Buffer, Clock, HeaderMap, LogLevel, Status } from "./enums";
import {
  proxy_add_header_map_value,
  proxy_define_metric,
  proxy_done,
  proxy_get_buffer_bytes,
  proxy_get_header_map_pairs,
  proxy_get_property,
  proxy_get_shared_data,
  proxy_http_call,
  proxy_increment_metric,
  proxy_log,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  proxy_set_effective_context,
  proxy_set_shared_data,
  proxy_set_tick_period_milliseconds,
} from "./env";
import { addressOf, landed } from "./memory";
import { clock_time_get, random_get } from "./wasi_snapshot_preview1";

/**
 * The host as functions that return values. A status is looked at here and nowhere else; a refusal
 * is a negative size, a zero or false, never a trap. Bytes that the host returns are in `landed()`.
 */

const bytesOut = memory.data(4);
const sizeOut = memory.data(4);
const wordOut = memory.data(8);
const noTrailers = memory.data<u8>([0, 0, 0, 0]);

/** Writes a line to Envoy's log. */
export function log(level: LogLevel, text: string): void {
  const utf8 = String.UTF8.encode(text);
  proxy_log(level, changetype<usize>(utf8), utf8.byteLength);
}

/** Asks for a tick every so many milliseconds. */
export function setTickPeriod(periodMs: u32): void {
  proxy_set_tick_period_milliseconds(periodMs);
}

/** Nanoseconds of a clock; 0 when the host has none. */
export function now(clock: Clock): u64 {
  store<u64>(wordOut, 0);
  clock_time_get(clock, 0, wordOut);
  return load<u64>(wordOut);
}

/** Fills an array with random bytes. */
export function fillRandom(bytes: StaticArray<u8>): void {
  random_get(addressOf(bytes), bytes.length);
}

/** Size of the part of a buffer that landed, or -1. */
export function readBuffer(kind: Buffer, length: i32): i32 {
  store<i32>(sizeOut, 0);
  const status = proxy_get_buffer_bytes(kind, 0, length, bytesOut, sizeOut);
  return landedSize(status);
}

/** Size of a map's serialised pairs that landed, or -1. */
export function readPairs(map: HeaderMap): i32 {
  store<i32>(sizeOut, 0);
  const status = proxy_get_header_map_pairs(map, bytesOut, sizeOut);
  return landedSize(status);
}

/** Size of a property that landed, or -1. Parts of the path are separated by NUL. */
export function readProperty(path: StaticArray<u8>): i32 {
  store<i32>(sizeOut, 0);
  const status = proxy_get_property(addressOf(path), path.length, bytesOut, sizeOut);
  return landedSize(status);
}

/** Adds a header beside others of its name. */
export function addHeader(
  map: HeaderMap,
  name: StaticArray<u8>,
  value: StaticArray<u8>,
  valueSize: i32,
): void {
  proxy_add_header_map_value(map, addressOf(name), name.length, addressOf(value), valueSize);
}

/** Sets a header to one value. Returns whether the host did. */
export function setHeader(map: HeaderMap, name: StaticArray<u8>, value: StaticArray<u8>): bool {
  return (
    proxy_replace_header_map_value(
      map,
      addressOf(name),
      name.length,
      addressOf(value),
      value.length,
    ) === Status.Ok
  );
}

/** Removes all values of a header. */
export function removeHeader(map: HeaderMap, name: StaticArray<u8>): void {
  proxy_remove_header_map_value(map, addressOf(name), name.length);
}

/** A shared value's compare-and-swap number when it landed with `sharedSize()` bytes; 0 when absent. */
export function readShared(key: StaticArray<u8>): u32 {
  store<i32>(sizeOut, 0);
  store<u32>(wordOut, 0);
  const status = proxy_get_shared_data(addressOf(key), key.length, bytesOut, sizeOut, wordOut);
  return landedSize(status) < 0 ? 0 : load<u32>(wordOut);
}

/** Size of the shared value that `readShared` found. */
export function sharedSize(): i32 {
  return load<i32>(sizeOut);
}

/** Writes a shared value if it is still as read (`cas`; 0 writes anyway). Returns false if it changed. */
export function writeShared(key: StaticArray<u8>, value: StaticArray<u8>, cas: u32): bool {
  const status = proxy_set_shared_data(
    addressOf(key),
    key.length,
    addressOf(value),
    value.length,
    cas,
  );
  return status !== Status.CasMismatch;
}

/** Id of an Envoy counter, made when it is new; 0 when the host refused. */
export function defineCounter(name: StaticArray<u8>): u32 {
  store<u32>(wordOut, 0);
  const status = proxy_define_metric(0, addressOf(name), name.length, wordOut);
  return status === Status.Ok ? load<u32>(wordOut) : 0;
}

/** Adds to a counter. The host refuses an addition of 0. */
export function addToCounter(id: u32, count: u64): void {
  proxy_increment_metric(id, i64(count));
}

/**
 * Sends an HTTP request from the root context; its answer comes to that context even when the
 * stream that asked has ended. Returns a token, or 0 when the host refused.
 */
export function sendHttp(
  cluster: StaticArray<u8>,
  headers: StaticArray<u8>,
  headersSize: i32,
  body: StaticArray<u8>,
  bodySize: i32,
  timeoutMs: u32,
): u32 {
  store<u32>(wordOut, 0);
  const status = proxy_http_call(
    addressOf(cluster),
    cluster.length,
    addressOf(headers),
    headersSize,
    addressOf(body),
    bodySize,
    noTrailers,
    4,
    timeoutMs,
    wordOut,
  );
  return status === Status.Ok ? load<u32>(wordOut) : 0;
}

/** Makes host calls speak for another context until this callback ends. */
export function speakFor(context: u32): void {
  proxy_set_effective_context(context);
}

/** Tells the host that a root context which held its end may go. */
export function releaseRoot(root: u32): void {
  proxy_set_effective_context(root);
  proxy_done();
}

function landedSize(status: i32): i32 {
  if (status !== Status.Ok) return -1;
  const size = load<i32>(sizeOut);
  if (size === 0) return 0;
  // Anything that is not in the landing area was not put there by our malloc.
  if (load<usize>(bytesOut) !== addressOf(landed()) || size > landed().length) return -1;
  return size;
}
