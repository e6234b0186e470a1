import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Frame, FrameReader } from "../../sidecar/server/frameReader.ts";
import { FrameWatch, type Violation } from "../../sidecar/server/frameWatch.ts";
import { frame, message, TYPE } from "../support/rawGrpc.ts";

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const PADDED = 0x8;
const LIMITS = { messageMs: 1_000, messageBytesMax: 1_000, messagesMax: 4 };

/** What a reader tells of bytes that come in the given pieces. */
function read(bytes: Buffer, cuts: readonly number[]): { heads: Frame[]; data: string } {
  const heads: Frame[] = [];
  const data: string[] = [];
  const reader = new FrameReader({
    begin: (head) => heads.push(head),
    data: ({ stream }, part) => {
      for (const byte of part) {
        data.push(`${stream}:${byte}`);
      }
    },
    end: () => undefined,
  });
  let from = 0;
  for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
    reader.push(bytes.subarray(from, cut));
    from = cut;
  }
  return { heads, data: data.join() };
}

const frames = fc.array(
  fc.record({
    type: fc.constantFrom(TYPE.data, TYPE.headers, TYPE.ping),
    stream: fc.nat({ max: 5 }),
    payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 10 },
);

test("frames are read alike however the bytes are cut", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat({ max: 400 })), (given, cuts) => {
      const bytes = Buffer.concat([
        PREFACE,
        ...given.map(({ type, ...rest }) => frame(type, rest)),
      ]);
      const whole = read(bytes, []);
      const within = cuts.filter((cut) => cut < bytes.length);
      assert.deepEqual(read(bytes, within), whole);
      assert.deepEqual(
        whole.heads.map(({ type, stream, length }) => ({ type, stream, length })),
        given.map(({ type, stream, payload }) => ({ type, stream, length: payload.length })),
      );
    }),
  );
});

test("padding is no data, however the bytes are cut", () => {
  const payload = Buffer.of(3, 1, 2, 0, 0, 0);
  const bytes = Buffer.concat([PREFACE, frame(TYPE.data, { flags: PADDED, stream: 1, payload })]);
  for (let cut = PREFACE.length; cut < bytes.length; cut += 1) {
    assert.equal(read(bytes, [cut]).data, "1:1,1:2");
  }
});

/** What the watch says of frames that come at once. */
function judge(given: readonly Buffer[], nowMs = 0): Violation | undefined {
  const watch = new FrameWatch(LIMITS, 0);
  watch.push(PREFACE, 0);
  return watch.push(Buffer.concat(given), nowMs);
}

function dataFrames(bytes: Buffer, size: number, stream = 1): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    frame(TYPE.data, { stream, payload: bytes.subarray(index * size, (index + 1) * size) }),
  );
}

test("messages of any size in frames of a usual size are let through", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 50_000 }), { maxLength: 20 }), (sizes) => {
      const bytes = Buffer.concat(sizes.map((size) => message(Buffer.alloc(size))));
      return judge(dataFrames(bytes, 16_384)) === undefined;
    }),
  );
});

test("thousands of small whole messages are let through", () => {
  const small = frame(TYPE.data, { stream: 1, payload: message(Buffer.alloc(3)) });
  assert.equal(judge(Array.from({ length: 5_000 }, () => small)), undefined);
});

const wrong: readonly { name: string; given: readonly Buffer[]; expected: Violation }[] = [
  {
    name: "a message in tiny frames",
    given: dataFrames(message(Buffer.alloc(500)), 1),
    expected: "tiny-frames",
  },
  {
    name: "messages begun on five streams",
    given: [1, 3, 5, 7, 9].map((stream) =>
      frame(TYPE.data, { stream, payload: message(Buffer.alloc(500)).subarray(0, 100) }),
    ),
    expected: "messages",
  },
  {
    name: "headers in a hundred frames",
    given: [
      frame(TYPE.headers, { stream: 1 }),
      ...Array.from({ length: 100 }, () => frame(TYPE.continuation, { stream: 1 })),
    ],
    expected: "headers",
  },
  {
    name: "3,000 pings in a second",
    given: Array.from({ length: 3_000 }, () => frame(TYPE.ping, { payload: Buffer.alloc(8) })),
    expected: "flood",
  },
];

for (const { name, given, expected } of wrong) {
  test(`${name}: ${expected}`, () => {
    assert.equal(judge(given), expected);
  });
}

test("a message, a frame and a preface that do not end in time are slow, and whole ones are not", () => {
  const begun = frame(TYPE.data, { stream: 1, payload: message(Buffer.alloc(99)).subarray(0, 50) });
  const cases: readonly { given: Buffer; expected: Violation | undefined }[] = [
    { given: Buffer.concat([PREFACE, begun]), expected: "slow" },
    { given: Buffer.concat([PREFACE, begun.subarray(0, 20)]), expected: "slow" },
    { given: PREFACE.subarray(0, 10), expected: "slow" },
    { given: Buffer.concat([PREFACE, frame(TYPE.settings)]), expected: undefined },
  ];
  for (const { given, expected } of cases) {
    const watch = new FrameWatch(LIMITS, 0);
    watch.push(given, 0);
    assert.equal(watch.check(LIMITS.messageMs), undefined);
    assert.equal(watch.check(LIMITS.messageMs + 1), expected);
  }
});

test("a stream that is reset, or has ended, has no message under way", () => {
  const begun = frame(TYPE.data, { stream: 1, payload: message(Buffer.alloc(99)).subarray(0, 50) });
  const reset = frame(TYPE.resetStream, { stream: 1, payload: Buffer.alloc(4) });
  const last = frame(TYPE.data, { flags: 0x1, stream: 1 });
  for (const end of [reset, last]) {
    const watch = new FrameWatch(LIMITS, 0);
    watch.push(Buffer.concat([PREFACE, begun, end]), 0);
    assert.equal(watch.check(1e9), undefined);
  }
});

test("messages over the size limit are counted once each", () => {
  const watch = new FrameWatch(LIMITS, 0);
  const sizes = [999, 1_000, 1_001, 5_000];
  const bytes = Buffer.concat(sizes.map((size) => message(Buffer.alloc(size))));
  watch.push(Buffer.concat([PREFACE, ...dataFrames(bytes, 700)]), 0);
  assert.equal(watch.takeOversized(), 2);
  assert.equal(watch.takeOversized(), 0);
});
