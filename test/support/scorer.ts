import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import protobuf from "protobufjs";
import type { ProtobufSchema } from "../../sidecar/core/compare/protobufSchema.ts";
import { parseDescriptors } from "../../sidecar/plan/descriptors.ts";
import "protobufjs/ext/descriptor.js";

/** The descriptor set of the tests' services, as protoc wrote it. */
export const DESCRIPTORS: Buffer = readFileSync(
  new URL("../vectors/scorer.binpb", import.meta.url),
);

const root = protobuf.Root.fromDescriptor(DESCRIPTORS, { keepCase: true });

/** The path of the tests' unary method. */
export const SCORE_PATH = "/test.v1.Scorer/Score";
/** The path of one that answers a stream. */
export const WATCH_PATH = "/test.v1.Scorer/Watch";

/** The schema of a descriptor set. */
export function schemaOf(descriptors: Uint8Array = DESCRIPTORS): ProtobufSchema {
  const parsed = parseDescriptors(Buffer.from(descriptors).toString("base64"));
  assert(parsed.kind === "schema");
  return parsed.schema;
}

/** A ScoreAnswer in protobuf; fields by their names in the .proto file. */
export function scoreAnswer(fields: Readonly<Record<string, unknown>>): Buffer {
  const type = root.lookupType("test.v1.ScoreAnswer");
  return Buffer.from(type.encode(type.fromObject({ ...fields })).finish());
}

/** One message in a frame of gRPC, said to be compressed or not. */
export function framed(message: Uint8Array, compressed = 0): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}
