import { ALL_BP } from "./split";
import { WireWriter } from "./wire";

/** Bytes of traffic as other workers and later VMs read it. */
const SHARED_BYTES: i32 = 30;
const SHARED_FORMAT: u8 = 4;
/** Longest deadline of a request, as in the configuration. */
const REQUEST_TIMEOUT_MS_MAX: u32 = 600_000;

/** What a rollout is to serve now. */
export class Traffic {
  /** False until any traffic was received: all users stay on the primary, nothing is copied. */
  known: bool = false;
  generation: u64 = 0;
  candidateBp: u32 = 0;
  shadowBp: u32 = 0;
  shadowPrimary: bool = false;
  /** When a request without an answer has failed; 0 leaves that to the configuration. */
  requestTimeoutMs: u32 = 0;
  /** Share of requests of which the primary gets a second copy. */
  noiseBp: u32 = 0;
  /** Share of requests that are reported with their own body and their answer's. */
  captureBp: u32 = 0;

  set(from: Traffic): void {
    this.known = true;
    this.generation = from.generation;
    this.candidateBp = from.candidateBp;
    this.shadowBp = from.shadowBp;
    this.shadowPrimary = from.shadowPrimary;
    this.requestTimeoutMs = from.requestTimeoutMs;
    this.noiseBp = from.noiseBp;
    this.captureBp = from.captureBp;
  }

  same(as: Traffic): bool {
    return (
      this.generation === as.generation &&
      this.candidateBp === as.candidateBp &&
      this.shadowBp === as.shadowBp &&
      this.shadowPrimary === as.shadowPrimary &&
      this.requestTimeoutMs === as.requestTimeoutMs &&
      this.noiseBp === as.noiseBp &&
      this.captureBp === as.captureBp
    );
  }
}

/** Why `next` can't replace `present`: field, value and what is allowed; "" when it can. */
export function refusalOf(present: Traffic, next: Traffic): string {
  const all = ALL_BP.toString();
  if (next.candidateBp > ALL_BP) {
    return `candidate_bp: ${next.candidateBp.toString()}: at most ${all}`;
  }
  if (next.shadowBp > ALL_BP) return `shadow_bp: ${next.shadowBp.toString()}: at most ${all}`;
  if (next.noiseBp > ALL_BP) return `noise_bp: ${next.noiseBp.toString()}: at most ${all}`;
  if (next.captureBp > ALL_BP) return `capture_bp: ${next.captureBp.toString()}: at most ${all}`;
  if (next.requestTimeoutMs > REQUEST_TIMEOUT_MS_MAX) {
    const most = REQUEST_TIMEOUT_MS_MAX.toString();
    return `request_timeout_ms: ${next.requestTimeoutMs.toString()}: at most ${most}`;
  }
  if (!present.known || next.generation > present.generation) return "";
  const given = `generation: ${next.generation.toString()}: `;
  if (next.generation < present.generation) {
    return `${given}at least ${present.generation.toString()}`;
  }
  return next.same(present) ? "" : `${given}in force with other values`;
}

/** Why traffic about this version can't be served by a variant of another; "" when it can, as when none is said. */
export function versionRefusal(field: string, said: string, configured: string): string {
  if (said === "" || said === configured) return "";
  return `${field}: ${said}: ${configured} in the filter's configuration`;
}

const NOTHING_KNOWN = new Traffic();

/** Traffic as bytes for other workers. */
export function encodeShared(traffic: Traffic): StaticArray<u8> {
  const writer = new WireWriter();
  writer.begin(new StaticArray<u8>(SHARED_BYTES), 0);
  writer.byte(SHARED_FORMAT);
  writeFixed(writer, traffic.generation, 8);
  writeFixed(writer, u64(traffic.candidateBp), 4);
  writeFixed(writer, u64(traffic.shadowBp), 4);
  writer.byte(i32(traffic.shadowPrimary));
  writeFixed(writer, u64(traffic.requestTimeoutMs), 4);
  writeFixed(writer, u64(traffic.noiseBp), 4);
  writeFixed(writer, u64(traffic.captureBp), 4);
  return writer.bytes;
}

/** Reads what `encodeShared` wrote; false for anything else. */
export function decodeShared(bytes: StaticArray<u8>, size: i32, out: Traffic): bool {
  if (size !== SHARED_BYTES || bytes[0] !== SHARED_FORMAT) return false;
  out.generation = readFixed(bytes, 1, 8);
  out.candidateBp = u32(readFixed(bytes, 9, 4));
  out.shadowBp = u32(readFixed(bytes, 13, 4));
  out.shadowPrimary = bytes[17] === 1;
  out.requestTimeoutMs = u32(readFixed(bytes, 18, 4));
  out.noiseBp = u32(readFixed(bytes, 22, 4));
  out.captureBp = u32(readFixed(bytes, 26, 4));
  out.known = true;
  return refusalOf(NOTHING_KNOWN, out) === "";
}

function writeFixed(writer: WireWriter, value: u64, count: i32): void {
  for (let i = 0; i < count; i++) writer.byte(i32((value >> (u64(i) << 3)) & 0xff));
}

function readFixed(bytes: StaticArray<u8>, at: i32, count: i32): u64 {
  let value: u64 = 0;
  for (let i = 0; i < count; i++) value |= u64(bytes[at + i]) << (u64(i) << 3);
  return value;
}
