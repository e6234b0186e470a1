import assert from "node:assert/strict";
import { test } from "node:test";
import { createResponseReader } from "../../bench/load/response.ts";

const answer = (status: number, body: string): string =>
  `HTTP/1.1 ${status} X\r\ncontent-length: ${body.length}\r\nserver: envoy\r\n\r\n${body}`;

const statusesOf = (chunks: readonly string[]): number[] => {
  const statuses: number[] = [];
  const read = createResponseReader((status) => statuses.push(status));
  for (const chunk of chunks) {
    read(Buffer.from(chunk, "latin1"));
  }
  return statuses;
};

test("an answer is complete with its body's last byte, wherever it is cut", () => {
  const bytes = answer(200, '{"a":1}');
  for (let at = 1; at < bytes.length; at++) {
    assert.deepEqual(statusesOf([bytes.slice(0, at)]), []);
    assert.deepEqual(statusesOf([bytes.slice(0, at), bytes.slice(at)]), [200]);
  }
});

test("two answers in one chunk are two, in their order", () => {
  assert.deepEqual(statusesOf([answer(200, "a") + answer(503, "")]), [200, 503]);
});

test("an answer whose length can't be known is refused, not measured", () => {
  assert.throws(
    () => statusesOf(["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"]),
    /can read/,
  );
});
