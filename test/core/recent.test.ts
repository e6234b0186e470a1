import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import { fnv1a } from "../../sidecar/core/evidence/fnv.ts";
import { closeWindows, liveOf, observe, openBook } from "../../sidecar/core/evidence/ingest.ts";
import {
  isRepeated,
  noRecent,
  REQUEST_IDS_MAX,
  type Recent,
} from "../../sidecar/core/evidence/recent.ts";
import { judge } from "../../sidecar/core/judge.ts";
import type { Variant } from "../../sidecar/core/observation.ts";
import type { Breaker } from "../../sidecar/core/plan/plan.ts";
import { begin, failing } from "../support/book.ts";
import {
  answerWith,
  canaryStep,
  errorRate,
  observationWith,
  planWith,
} from "../support/evidence.ts";

const plan = planWith([errorRate]);

function bookWith(breaker: Breaker | undefined): ReturnType<typeof openBook> {
  const guarded = { ...plan, breaker };
  return openBook(guarded, emptyEvidence(guarded), begin);
}

function send(book: ReturnType<typeof openBook>, served: Variant, outcomes: string): void {
  for (const outcome of outcomes) {
    const answer = answerWith(outcome === "x" ? failing : {});
    observe(book, observationWith({ startMs: begin, served, answer }), undefined);
  }
}

const breaker = { requests: 10, failures: 0.5 };

for (const { name, primary, candidate, trips } of [
  {
    name: "half of the last requests failed",
    primary: "..........",
    candidate: ".....xxxxx",
    trips: true,
  },
  {
    name: "half of the last failed after many good ones",
    primary: "",
    candidate: `${".".repeat(90)}xxxxx`,
    trips: true,
  },
  { name: "less than half failed", primary: "..........", candidate: "......xxxx", trips: false },
  {
    name: "there were too few requests",
    primary: "..........",
    candidate: "xxxxxxxxx",
    trips: false,
  },
  {
    name: "both variants fail alike",
    primary: "x.x.x.x.x.",
    candidate: "x.x.x.x.xx",
    trips: false,
  },
  {
    name: "the primary fails a fifth as often",
    primary: "..........x",
    candidate: "x.x.x.x.x.",
    trips: false,
  },
  {
    name: "the primary fails an eighth as often",
    primary: `${".".repeat(19)}x`,
    candidate: "x.x.x.x.xx",
    trips: true,
  },
]) {
  test(`the breaker ${trips ? "trips" : "does not trip"} when ${name}`, () => {
    const book = bookWith(breaker);
    send(book, "primary", primary);
    send(book, "candidate", candidate);
    assert.equal(book.recent.trip !== undefined, trips);
    assert(book.recent.outcomes.candidate.failures.length <= breaker.requests);
  });
}

const rememberedIn = ({ requestIds }: Recent): number =>
  requestIds.newer.count + requestIds.older.count;

test("a tripped breaker fails at once, before any window is closed, and stays tripped", () => {
  const book = bookWith(breaker);
  send(book, "candidate", "xxxxxxxxxx");
  send(book, "candidate", "..........");
  const verdict = judge(plan, canaryStep, book.evidence, liveOf(book));
  assert.equal(verdict.judgement, "fail");
  assert.deepEqual(verdict.reasons, [
    "breaker: 10 of the candidate's last 10 requests failed (primary 0 of its last 0)",
  ]);
});

test("a plan without a breaker leaves it to the evidence", () => {
  const book = bookWith(undefined);
  send(book, "candidate", "x".repeat(100));
  assert.equal(book.recent.trip, undefined);
});

test("a request id counts once within the open windows, and again after", () => {
  const book = bookWith(undefined);
  const retry = { requestId: "a", answer: answerWith(failing) };
  observe(book, observationWith({ ...retry, startMs: begin }), undefined);
  observe(book, observationWith({ requestId: "a", startMs: begin + 2_000 }), undefined);
  observe(book, observationWith({ requestId: "", startMs: begin }), undefined);
  observe(book, observationWith({ requestId: "", startMs: begin }), undefined);
  assert.equal(book.excluded.repeated, 1);
  closeWindows(book, begin + 20_000);
  observe(book, observationWith({ requestId: "a", startMs: begin + 20_000 }), undefined);
  closeWindows(book, begin + 60_000);
  assert.deepEqual(book.evidence.requests, { primary: 4, candidate: 0 });
  assert.equal(rememberedIn(book.recent), 0);
});

test("no more request ids are remembered than the bound, the latest of them", () => {
  const recent = noRecent();
  let repeated = 0;
  for (let index = 0; index < REQUEST_IDS_MAX + 100; index += 1) {
    repeated += Number(isRepeated(recent, fnv1a(`request-${index}`), begin));
  }
  assert(rememberedIn(recent) <= REQUEST_IDS_MAX);
  assert(repeated < 5, `${repeated} of different ids were taken for one`);
  assert.equal(isRepeated(recent, fnv1a(`request-${REQUEST_IDS_MAX + 99}`), begin), true);
  assert.equal(isRepeated(recent, fnv1a("request-0"), begin), false);
});

test("a verdict says how long what is missing takes at the pace of the last minute", () => {
  const book = openBook(plan, emptyEvidence(plan), begin);
  for (let second = 0; second < 90; second += 1) {
    for (let index = 0; index < 20; index += 1) {
      const served = index < 2 ? "candidate" : "primary";
      observe(book, observationWith({ startMs: begin + 1_000 * second, served }), undefined);
    }
    closeWindows(book, begin + 1_000 * second);
  }
  closeWindows(book, begin + 120_000);
  const live = liveOf(book);
  assert.equal(live.requestsPerSecond, 20);
  const { requestsNeeded, secondsNeeded } = judge(plan, canaryStep, book.evidence, live);
  assert(requestsNeeded !== undefined && requestsNeeded > 100);
  assert.equal(secondsNeeded, Math.ceil(requestsNeeded / 20));
  assert.equal(judge(plan, canaryStep, book.evidence).secondsNeeded, undefined);
});
