import {
  brotliDecompressSync,
  gunzipSync,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from "node:zlib";
import type { UndecodableReason } from "../core/compare/comparison.ts";

/** What undoing a content encoding may cost. */
export type DecodeLimits = {
  /** Bytes of the result. */
  readonly bytesMax: number;
  /** Bytes of the result per byte that came; only looked at for results over `RATIO_FREE_BYTES`. */
  readonly ratioMax: number;
};

/** 1 MiB, 200 times. */
export const DECODE_LIMITS: DecodeLimits = { bytesMax: 2 ** 20, ratioMax: 200 };
/** Results up to this size are taken whatever the ratio. */
export const RATIO_FREE_BYTES: number = 64 * 1024;

/** The body as it was before its encoding, or why that can't be had. */
export type DecodedBody =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "problem"; readonly reason: UndecodableReason };

/**
 * Undoes one layer of gzip, deflate (with or without the zlib frame), br or zstd (RFC 9110, section 8.4), in bounded memory:
 * decoding stops at the limit. More than one layer is refused.
 */
export function decodeBody(
  bytes: Uint8Array,
  contentEncoding: string,
  limits: DecodeLimits = DECODE_LIMITS,
): DecodedBody {
  const layers = layersOf(contentEncoding);
  if (layers.length > 1) {
    return { kind: "problem", reason: "encodingLayers" };
  }
  const encoding = layers[0];
  if (encoding === undefined || bytes.length === 0) {
    return { kind: "bytes", bytes };
  }
  const decode = DECODERS.get(encoding);
  if (decode === undefined) {
    return { kind: "problem", reason: "encodingUnknown" };
  }
  try {
    return { kind: "bytes", bytes: decode(bytes, { maxOutputLength: outputMax(bytes, limits) }) };
  } catch (error) {
    return { kind: "problem", reason: isOverLimit(error) ? "encodingBomb" : "encodingBroken" };
  }
}

type Decode = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ["gzip", gunzipSync],
  ["x-gzip", gunzipSync],
  [
    "deflate",
    (bytes, options) => (hasZlibFrame(bytes) ? inflateSync : inflateRawSync)(bytes, options),
  ],
  ["br", brotliDecompressSync],
  ["zstd", zstdDecompressSync],
]);

function layersOf(contentEncoding: string): readonly string[] {
  if (contentEncoding === "") {
    return [];
  }
  return contentEncoding
    .split(",")
    .map((layer) => layer.trim().toLowerCase())
    .filter((layer) => layer !== "" && layer !== "identity");
}

function outputMax(bytes: Uint8Array, limits: DecodeLimits): number {
  return Math.min(limits.bytesMax, Math.max(RATIO_FREE_BYTES, bytes.length * limits.ratioMax));
}

/** RFC 1950: method 8 and a header checksum; HTTP's "deflate" is meant to have it, and some servers leave it out. */
function hasZlibFrame(bytes: Uint8Array): boolean {
  const [method = 0, flags = 0] = bytes;
  return (method & 0x0f) === 8 && ((method << 8) | flags) % 31 === 0;
}

function isOverLimit(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}
