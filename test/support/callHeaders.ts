import type { Header } from "./pairs.ts";

/** Headers of a call in gRPC. */
export const call: readonly Header[] = [
  [":path", "/m.Scorer/Score"],
  ["content-type", "application/grpc+proto"],
  ["te", "trailers"],
  ["grpc-timeout", "10S"],
];
/** Headers of an answer to it that has a body. */
export const answer: readonly Header[] = [
  [":status", "200"],
  ["content-type", "application/grpc+proto"],
  ["grpc-encoding", "gzip"],
];
/** Trailers with a status. */
export const trailers = (status: number): Header[] => [["grpc-status", `${status}`]];

/** One message in a frame. */
export function frame(text: string): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}
