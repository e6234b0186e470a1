import assert from "node:assert/strict";

/** A header as name and value. */
export type Header = readonly [name: string, value: string];

/** Headers as the ABI serialises them. */
export function pairs(headers: readonly Header[]): Buffer {
  const sizes = [headers.length];
  const texts: Buffer[] = [];
  for (const [name, value] of headers) {
    const parts = [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")];
    for (const part of parts) {
      sizes.push(part.length);
      texts.push(part, Buffer.from([0]));
    }
  }
  return Buffer.concat([Buffer.from(Uint32Array.from(sizes).buffer), ...texts]);
}

/** Headers from what `pairs` or the filter wrote; every size and NUL is checked. */
export function unpair(bytes: Buffer): Header[] {
  const count = bytes.readUInt32LE(0);
  let at = 4 + count * 8;
  const next = (sizeAt: number): string => {
    const size = bytes.readUInt32LE(sizeAt);
    assert.equal(bytes[at + size], 0, "a NUL ends each text");
    const text = bytes.toString("latin1", at, at + size);
    at += size + 1;
    return text;
  };
  const out: Header[] = [];
  for (let i = 0; i < count; i++) out.push([next(4 + i * 8), next(8 + i * 8)]);
  assert.equal(at, bytes.length);
  return out;
}
