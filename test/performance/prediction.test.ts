import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkLabel,
  checkPrediction,
  OVERLONG,
  type Prediction,
} from "../../sidecar/core/performance/prediction.ts";

const sound: Prediction = {
  rollout: "risk",
  id: "r1",
  variant: "candidate",
  version: "v2",
  atMs: 5,
  label: "yes",
  score: 0.5,
  slice: "old",
};
const { score: _score, ...unscored } = sound;
const { slice: _slice, ...unsliced } = sound;

test("bad predictions keep what is good of them, and say what is wrong", () => {
  const megabyte = "x".repeat(1 << 20);
  const given: readonly [Prediction, Prediction | undefined, RegExp | undefined][] = [
    [sound, sound, undefined],
    [{ ...sound, score: Number.NaN }, unscored, /^score: NaN: a finite number$/],
    [{ ...sound, slice: megabyte }, unsliced, /^slice: 1048576 characters: 1 to 64$/],
    [{ ...sound, label: megabyte }, { ...sound, label: OVERLONG }, /^label: 1048576 characters/],
    [{ ...sound, label: Number.NaN }, { ...sound, label: "NaN" }, /^label: NaN/],
    [{ ...sound, id: megabyte }, undefined, /^id: 1048576 characters: 1 to 128$/],
    [{ ...sound, id: "" }, undefined, /^id: 0 characters/],
    [{ ...sound, version: "" }, undefined, /^version/],
    [{ ...sound, rollout: megabyte }, undefined, /^rollout/],
    [{ ...sound, atMs: Number.NaN }, undefined, /^atMs: NaN/],
    [{ ...sound, atMs: -1 }, undefined, /^atMs: -1/],
  ];
  for (const [prediction, value, problem] of given) {
    const checked = checkPrediction(prediction);
    assert.deepEqual(checked.value, value);
    assert.equal(checked.problems.length, problem === undefined ? 0 : 1);
    assert.match(checked.problems[0] ?? "", problem ?? /^$/);
  }
});

test("a bad label is refused, with every reason", () => {
  const label = { rollout: "risk", id: "r1", label: 1 };
  assert.deepEqual(checkLabel(label), { value: label, problems: [] });
  const { value, problems } = checkLabel({ rollout: "", id: "", label: Number.NaN });
  assert.equal(value, undefined);
  assert.equal(problems.length, 3);
});
