import { PairsWriter } from "../abi/pairs";
import { put, utf8 } from "../policy/bytes";
import { CAPTURE_BYTES_MAX, Capture } from "../policy/capture";
import { isCopied } from "../policy/copiedHeaders";
import { GRPC_TIMEOUT, isTimeoutBelow, TE, TRAILERS } from "../policy/grpc";
import { Headers, SHADOW, SHADOW_HEADERS_MAX, VARIANT } from "../policy/headers";
import { Variant } from "../policy/split";
import { ActiveRollout } from "./rollout";

const YES = utf8("1");

/** The headers of the copy whose size was looked at last: which, how many, and their bytes. */
const copied = new StaticArray<i32>(SHADOW_HEADERS_MAX);
let kept: i32 = 0;
let copiedBytes: i32 = 0;
/** Its headers that are not the request's. */
const ownNames = new StaticArray<StaticArray<u8>>(3);
const ownValues = new StaticArray<StaticArray<u8>>(3);
let own: i32 = 0;
const writer = new PairsWriter();

/**
 * Bytes of the headers of a copy to a variant; 0 when they are too many. A copy of a call in gRPC says that it takes trailers, as the call
 * itself did hop by hop, and has the user's deadline if it comes before the time after which nobody waits for the copy: later ones would have
 * the variant itself say that it was too late, just when Envoy does.
 */
export function copySize(
  rollout: ActiveRollout,
  variant: Variant,
  headers: Headers,
  grpc: bool,
): i32 {
  if (headers.count > SHADOW_HEADERS_MAX - 3) return 0;
  kept = 0;
  own = 0;
  let textBytes = addOwn(SHADOW, YES);
  textBytes += addOwn(VARIANT, rollout.config.variant(variant).versionBytes);
  const deadline = grpc ? deadlineOf(rollout, headers) : -1;
  for (let i = 0; i < headers.count; i++) {
    if (!isCopied(headers.bytes, headers.nameStart(i), headers.nameEnd(i))) continue;
    if (grpc && i !== deadline && headers.isNamed(i, GRPC_TIMEOUT)) continue;
    put(copied, kept++, i);
    textBytes += headers.nameEnd(i) - headers.nameStart(i);
    textBytes += headers.valueEnd(i) - headers.valueStart(i);
  }
  if (grpc) textBytes += addOwn(TE, TRAILERS);
  copiedBytes = PairsWriter.size(own + kept, textBytes);
  return copiedBytes > CAPTURE_BYTES_MAX ? 0 : copiedBytes;
}

/** Writes the headers of the copy whose size was looked at last. */
export function writeCopy(headers: Headers, capture: Capture): void {
  capture.length = copiedBytes;
  writer.begin(capture.bytes, own + kept);
  const bytes = headers.bytes;
  for (let k = 0; k < kept; k++) {
    const i = unchecked(copied[k]);
    writer.copy(bytes, headers.nameStart(i), headers.nameEnd(i), headers.valueEnd(i));
  }
  for (let k = 0; k < own; k++) {
    writer.add(unchecked(ownNames[k]), unchecked(ownValues[k]));
  }
}

/** Adds a header that is not the request's; returns its bytes. */
function addOwn(name: StaticArray<u8>, value: StaticArray<u8>): i32 {
  ownNames[own] = name;
  ownValues[own] = value;
  own++;
  return name.length + value.length;
}

/** The header with the user's deadline; -1 where the copy's comes first. */
function deadlineOf(rollout: ActiveRollout, headers: Headers): i32 {
  const i = headers.find(GRPC_TIMEOUT);
  if (i < 0) return -1;
  const limitMs = u64(rollout.config.shadow.timeoutMs);
  return isTimeoutBelow(headers.bytes, headers.valueStart(i), headers.valueEnd(i), limitMs)
    ? i
    : -1;
}
