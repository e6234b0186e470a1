import { PairsWriter } from "../abi/pairs";
import { utf8 } from "../policy/bytes";
import { CAPTURE_BYTES_MAX, Capture } from "../policy/capture";
import { GRPC_TIMEOUT, TE, TRAILERS } from "../policy/grpc";
import { Headers, SHADOW, SHADOW_HEADERS_MAX, VARIANT } from "../policy/headers";
import { Variant } from "../policy/split";
import { ActiveRollout } from "./rollout";

const YES = utf8("1");

/** The headers of the copy whose size was looked at last: which, how many, and their bytes. */
const copied = new StaticArray<i32>(SHADOW_HEADERS_MAX);
let kept: i32 = 0;
let copiedBytes: i32 = 0;
let isCall: bool = false;
const writer = new PairsWriter();

/**
 * Bytes of the headers of a copy to a variant; 0 when they are too many. A copy of a call in gRPC says that it takes trailers, as the call
 * itself did hop by hop, and leaves the deadline to Envoy, which tells the variant when nobody waits any more.
 */
export function copySize(
  rollout: ActiveRollout,
  variant: Variant,
  headers: Headers,
  grpc: bool,
): i32 {
  if (headers.count > SHADOW_HEADERS_MAX - 3) return 0;
  kept = 0;
  isCall = grpc;
  let textBytes = SHADOW.length + YES.length + VARIANT.length;
  for (let i = 0; i < headers.count; i++) {
    if (!headers.isCopied(i)) continue;
    if (grpc && headers.isNamed(i, GRPC_TIMEOUT)) continue;
    copied[kept++] = i;
    textBytes += headers.nameEnd(i) - headers.nameStart(i);
    textBytes += headers.valueEnd(i) - headers.valueStart(i);
  }
  const version = rollout.config.variant(variant).versionBytes;
  if (grpc) textBytes += TE.length + TRAILERS.length;
  copiedBytes = PairsWriter.size(ownHeaders() + kept, textBytes + version.length);
  return copiedBytes > CAPTURE_BYTES_MAX ? 0 : copiedBytes;
}

/** Writes the headers of a copy to a variant, whose size was looked at last. */
export function writeCopy(
  rollout: ActiveRollout,
  variant: Variant,
  headers: Headers,
  capture: Capture,
): void {
  const version = rollout.config.variant(variant).versionBytes;
  capture.length = copiedBytes;
  writer.begin(capture.bytes, ownHeaders() + kept);
  const bytes = headers.bytes;
  for (let k = 0; k < kept; k++) {
    const i = unchecked(copied[k]);
    const nameStart = headers.nameStart(i);
    const nameEnd = headers.nameEnd(i);
    writer.add(bytes, nameStart, nameEnd, bytes, headers.valueStart(i), headers.valueEnd(i));
  }
  if (isCall) writer.add(TE, 0, TE.length, TRAILERS, 0, TRAILERS.length);
  writer.add(SHADOW, 0, SHADOW.length, YES, 0, YES.length);
  writer.add(VARIANT, 0, VARIANT.length, version, 0, version.length);
}

/** Headers of a copy that are not the request's. */
function ownHeaders(): i32 {
  return isCall ? 3 : 2;
}
