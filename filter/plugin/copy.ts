import { PairsWriter } from "../abi/pairs";
import { utf8 } from "../policy/bytes";
import { CAPTURE_BYTES_MAX, Capture } from "../policy/capture";
import { Headers, SHADOW, SHADOW_HEADERS_MAX, VARIANT } from "../policy/headers";
import { Variant } from "../policy/split";
import { ActiveRollout } from "./rollout";

const YES = utf8("1");

/** The headers of the copy whose size was looked at last: which, how many, and their bytes. */
const copied = new StaticArray<i32>(SHADOW_HEADERS_MAX);
let kept: i32 = 0;
let copiedBytes: i32 = 0;
const writer = new PairsWriter();

/** Bytes of the headers of a copy to a variant; 0 when they are too many. */
export function copySize(rollout: ActiveRollout, variant: Variant, headers: Headers): i32 {
  if (headers.count > SHADOW_HEADERS_MAX - 2) return 0;
  kept = 0;
  let textBytes = SHADOW.length + YES.length + VARIANT.length;
  for (let i = 0; i < headers.count; i++) {
    if (!headers.isCopied(i)) continue;
    copied[kept++] = i;
    textBytes += headers.nameEnd(i) - headers.nameStart(i);
    textBytes += headers.valueEnd(i) - headers.valueStart(i);
  }
  const version = rollout.config.variant(variant).versionBytes;
  copiedBytes = PairsWriter.size(kept + 2, textBytes + version.length);
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
  writer.begin(capture.bytes, kept + 2);
  const bytes = headers.bytes;
  for (let k = 0; k < kept; k++) {
    const i = unchecked(copied[k]);
    const nameStart = headers.nameStart(i);
    const nameEnd = headers.nameEnd(i);
    writer.add(bytes, nameStart, nameEnd, bytes, headers.valueStart(i), headers.valueEnd(i));
  }
  writer.add(SHADOW, 0, SHADOW.length, YES, 0, YES.length);
  writer.add(VARIANT, 0, VARIANT.length, version, 0, version.length);
}
