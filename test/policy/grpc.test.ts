import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeCallAnswer, isGrpcType, messagesIn } from "#policy";
import { understudy } from "#proto";

const { Answer } = understudy.v1;
const ascii = fc.string({ maxLength: 32 });

test("the status of a call is read as it was written, 0 and absent ones too", () => {
  fc.assert(
    fc.property(fc.integer({ min: -1, max: 999_999_999 }), ascii, (status, encoding) => {
      const read = Answer.toObject(Answer.decode(encodeCallAnswer(status, encoding)));
      assert.deepEqual(read.grpcStatus, status < 0 ? undefined : status);
      assert.equal(read.grpcEncoding ?? "", encoding.slice(0, 16));
    }),
  );
});

test("gRPC is told from its kin by its content type", () => {
  const own = ["application/grpc", "application/grpc+proto", "application/grpc;x=1"];
  const others = ["application/grpc-web", "application/grpcx", "application/grp", "text/plain", ""];
  assert.deepEqual([own.filter(isGrpcType), others.filter(isGrpcType)], [own, []]);
});

test("a body is one message of gRPC when it is as long as its frame says", () => {
  const frame = Buffer.from([0, 0, 0, 1, 0, ...new Uint8Array(256)]);
  const lengths = [0, 4, 5, frame.length - 1, frame.length];
  assert.deepEqual(
    lengths.map((length) => messagesIn(frame.subarray(0, length))),
    [0, 0, 0, 0, 1],
  );
  assert.equal(messagesIn(Buffer.concat([frame, Buffer.of(0)])), 2);
  assert.equal(messagesIn(Buffer.of(0, 0xff, 0xff, 0xff, 0xff, 1)), 0);
  assert.equal(messagesIn(Buffer.of(0, 0, 0, 0, 0)), 1);
});
