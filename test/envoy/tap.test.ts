import assert from "node:assert/strict";
import { test } from "node:test";
import { readTap } from "../envoys/tap.ts";

const TAP = `TAP version 13
# Subtest: /repo/test/e2e/split.test.ts
    # Subtest: a key stays
    not ok 1 - a key stays
      ---
      error: 'it moved'
      ...
    # Subtest: weights are exact
    ok 2 - weights are exact
not ok 1 - /repo/test/e2e/split.test.ts
  ---
  error: '1 subtest failed'
  ...
# tests 2
# suites 0
# pass 1
# fail 1
`;

test("the tests of a version are counted, and those that failed are named", () => {
  const { details, ...counts } = readTap(TAP);
  assert.deepEqual(counts, { tests: 2, passed: 1, failures: ["a key stays"] });
  assert.match(details, /it moved[\s\S]*1 subtest failed/);
  assert.doesNotMatch(details, /weights are exact/);
});

test("tests that did not come to their end are none", () => {
  assert.deepEqual(readTap(TAP.slice(0, 60)), { tests: 0, passed: 0, failures: [], details: "" });
});
