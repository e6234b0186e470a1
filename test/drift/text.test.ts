import assert from "node:assert/strict";
import { test } from "node:test";
import { addToBloom, inBloom, startBloom } from "../../sidecar/core/drift/bloom.ts";
import { gramsOf, gramTokensOf, TEXT_UNITS_MAX } from "../../sidecar/core/drift/grams.ts";
import {
  addText,
  assessText,
  buildText,
  descriptorsOf,
  startText,
  type TextWindow,
} from "../../sidecar/core/drift/text.ts";
import { type Random, seeded } from "../support/random.ts";

const usual = "patient reports mild pain in the left knee after long walks and rest helps".split(
  " ",
);
const other = "claim denied because the invoice number is missing from our billing records".split(
  " ",
);

function texts(random: Random, count: number, otherShare = 0): readonly string[] {
  return Array.from({ length: count }, () =>
    Array.from({ length: 5 + Math.floor(random.next() * 10) }, () => {
      const words = random.next() < otherShare ? other : usual;
      return words[Math.floor(random.next() * words.length)];
    }).join(" "),
  );
}

function windowOf(values: readonly unknown[], seed = 7): TextWindow {
  const window = startText(seed);
  for (const value of values) {
    addText(window, value);
  }
  return window;
}

const built = buildText("note", texts(seeded(51), 1_500), 1);
assert(built !== null);
const { profile, descriptors } = built;

test("at most 1 % of windows of texts without drift raise an alarm", () => {
  const random = seeded(52);
  let alarms = 0;
  for (const rows of [100, 250, 500]) {
    for (let window = 0; window < 40; window += 1) {
      alarms += assessText(profile, windowOf(texts(random, rows)))?.drifted ? 1 : 0;
    }
  }
  assert(alarms <= 1, `${alarms} of 120`);
});

test("texts with other words are found, and the grams that tell them are named", () => {
  const found = assessText(profile, windowOf(texts(seeded(53), 200, 0.3)));
  assert.equal(found?.drifted, true);
  assert(found.classifier.auc > 0.8 && found.classifier.pValue < 1e-6);
  assert(found.telling.length === 5);
  for (const { what, referenceShare, currentShare } of found.telling) {
    const gram: string = JSON.parse(what);
    assert.equal(gram.length, 3);
    assert.notEqual(referenceShare, currentShare);
  }
});

test("grams that the reference lacks are as rare in it as in windows like it", () => {
  const of = (found: typeof descriptors) =>
    found.reduce((sum, { unknown }) => sum + unknown / found.length, 0);
  const fresh = texts(seeded(54), 700).map((text) => descriptorsOf(profile, text));
  const foreign = texts(seeded(55), 700, 1).map((text) => descriptorsOf(profile, text));
  assert(Math.abs(of(descriptors) - of(fresh)) < 0.01);
  assert(of(foreign) > of(fresh) + 0.3);
  assert.equal(descriptors.length, 750);
});

test("the numbers of a text are what they say", () => {
  const bloom = startBloom();
  const { unknown, ...numbers } = descriptorsOf({ bloom }, "Zwei Zähne, süß");
  assert.deepEqual(numbers, { length: 15, tokens: 3, nonAscii: 3 / 15 });
  assert.equal(unknown, 1);
  for (const gram of gramsOf("zwei zähne, süß")) {
    addToBloom(bloom, gram);
  }
  assert.equal(descriptorsOf({ bloom }, "Zwei Zähne, süß").unknown, 0);
  assert.deepEqual(descriptorsOf({ bloom }, ""), { length: 0, tokens: 0, nonAscii: 0, unknown: 0 });
});

test("of a megabyte only the beginning is looked at, and that is counted", () => {
  const long = "a b ".repeat(300_000);
  assert.equal(gramsOf(long).length, TEXT_UNITS_MAX);
  assert.deepEqual(gramsOf(long), gramsOf(long.slice(0, TEXT_UNITS_MAX)));
  assert.equal(descriptorsOf(profile, long).length, 1_200_000);
  assert.equal(windowOf([long, "short"]).cut, 1);
});

test("a text of many different grams has a bounded number of tokens, always the same", () => {
  const many = Array.from({ length: 4_000 }, (_, index) => String.fromCharCode(200 + index)).join(
    "",
  );
  const tokens = gramTokensOf(many);
  assert.equal(tokens.length, 128);
  assert.equal(new Set(tokens).size, 128);
  assert.deepEqual(gramTokensOf(many), tokens);
});

test("what is no text is missing, and told", () => {
  const { n, missing, wrongType } = windowOf([null, undefined, "", 5, {}, "text"]);
  assert.deepEqual({ n, missing, wrongType }, { n: 1, missing: 5, wrongType: 2 });
});

test("too few texts say nothing", () => {
  const few = texts(seeded(56), 99);
  assert.equal(buildText("few", few, 1), null);
  assert.equal(assessText(profile, windowOf(few.slice(0, 49))), null);
});

test("a Bloom filter never forgets, and takes few others for its own", () => {
  const bloom = startBloom();
  const random = seeded(58);
  const hash = () => Math.floor(random.next() * 2 ** 32);
  const added = Array.from({ length: 10_000 }, hash);
  for (const one of added) {
    addToBloom(bloom, one);
  }
  assert(added.every((one) => inBloom(bloom, one)));
  const taken = Array.from({ length: 20_000 }, hash).filter((one) => inBloom(bloom, one)).length;
  assert(taken < 200, `${taken} of 20,000`);
  assert(bloom.every((word) => word >= 0 && word < 2 ** 32));
});

test("the profile of texts and its windows are plain JSON", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(profile)), profile);
  const window = windowOf(texts(seeded(59), 3));
  assert.deepEqual(JSON.parse(JSON.stringify(window)), window);
});
