import { spells, startsWith, utf8 } from "./bytes";

const OWN_PREFIX = utf8("x-understudy-");
const ENVOY_PREFIX = utf8("x-envoy-");

const HOP_BY_HOP: StaticArray<u8>[] = [
  utf8("connection"),
  utf8("keep-alive"),
  utf8("proxy-connection"),
  utf8("proxy-authenticate"),
  utf8("proxy-authorization"),
  utf8("te"),
  utf8("trailer"),
  utf8("transfer-encoding"),
  utf8("upgrade"),
  utf8("http2-settings"),
  utf8("expect"),
  utf8("content-length"),
];

/** A bit for each length that a hop-by-hop name has: most names are told by their length alone. */
const HOP_BY_HOP_SIZES: u64 = sizesOf(HOP_BY_HOP);

/** Whether a copy of a request carries a header of this name on: end to end, and neither ours nor Envoy's. */
export function isCopied(bytes: StaticArray<u8>, start: i32, end: i32): bool {
  if (startsWith(bytes, start, end, OWN_PREFIX)) return false;
  if (startsWith(bytes, start, end, ENVOY_PREFIX)) return false;
  const size = end - start;
  if (size > 63 || ((HOP_BY_HOP_SIZES >> u64(size)) & 1) === 0) return true;
  for (let i = 0; i < HOP_BY_HOP.length; i++) {
    if (spells(bytes, start, end, unchecked(HOP_BY_HOP[i]))) return false;
  }
  return true;
}

function sizesOf(names: StaticArray<u8>[]): u64 {
  let sizes: u64 = 0;
  for (let i = 0; i < names.length; i++) sizes |= u64(1) << u64(names[i].length);
  return sizes;
}
