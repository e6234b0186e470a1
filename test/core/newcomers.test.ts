import assert from "node:assert/strict";
import { test } from "node:test";
import { logSplitMismatch } from "../../sidecar/core/evidence/assignments.ts";
import { type Evidence, emptyEvidence, evidenceFor } from "../../sidecar/core/evidence/evidence.ts";
import {
  announceTraffic,
  closeWindows,
  type EvidenceBook,
  observe,
  openBook,
} from "../../sidecar/core/evidence/ingest.ts";
import { SUBJECTS_MAX, SUBJECTS_OPEN_MAX } from "../../sidecar/core/evidence/newcomers.ts";
import { judge } from "../../sidecar/core/judge.ts";
import type { Variant } from "../../sidecar/core/observation.ts";
import { type Random, seeded } from "../../sidecar/core/simulate/random.ts";
import { begin, failing } from "../support/book.ts";
import {
  answerWith,
  canaryStep,
  errorRate,
  observationWith,
  planWith,
} from "../support/evidence.ts";
import { mostOf } from "../support/simulation.ts";

const byUser = planWith([{ ...errorRate, unit: "user" }]);
const weightBp = 2_000;
const traffic = { generation: 1, candidateBp: weightBp, shadowBp: 0, shadowPrimary: false };

function bookWith(evidence: Evidence = emptyEvidence(byUser)): EvidenceBook {
  const book = openBook(byUser, evidence, begin);
  announceTraffic(book, traffic);
  return book;
}

/** A subject in the slice of the first life, at random. */
function subjectOf(random: Random): number {
  return Math.floor(random.next() * 2 ** 30);
}

function see(
  book: EvidenceBook,
  seen: {
    readonly subject: number;
    readonly served?: Variant;
    readonly second?: number;
    readonly fails?: boolean;
    readonly generation?: number;
  },
): void {
  const { subject, served = "primary", second = 0, fails = false, generation = 1 } = seen;
  const answer = answerWith(fails ? failing : {});
  const startMs = begin + 1_000 * second;
  observe(book, observationWith({ subject, served, startMs, answer, generation }), undefined);
}

function countsOf(book: EvidenceBook): unknown {
  closeWindows(book, begin + 120_000);
  const known = evidenceFor(book.evidence.guardrails, "errorRate");
  return known.kind === "rate" ? [known.primary, known.candidate] : undefined;
}

const [ann, ben, eve] = [0x1, 0x8000002, 0x78000003] as const;

test("by user, each counts once, as failed if any request of its first window failed", () => {
  const book = bookWith();
  see(book, { subject: ann });
  see(book, { subject: ann, fails: true });
  see(book, { subject: ann, second: 1, fails: true });
  see(book, { subject: ben, served: "candidate", second: 1 });
  see(book, { subject: ben, served: "candidate", second: 9, fails: true });
  assert.deepEqual(countsOf(book), [
    { n: 1, k: 1 },
    { n: 1, k: 0 },
  ]);
  assert.deepEqual(book.evidence.requests, { primary: 3, candidate: 2 });
});

test("a user's first window is the first by time, whatever arrives first", () => {
  const book = bookWith();
  see(book, { subject: ann, second: 3 });
  see(book, { subject: ann, second: 2, fails: true });
  assert.deepEqual(countsOf(book), [
    { n: 1, k: 1 },
    { n: 0, k: 0 },
  ]);
});

test("users count only while the traffic is split at random, and then are still new", () => {
  const book = openBook(byUser, emptyEvidence(byUser), begin);
  announceTraffic(book, { ...traffic, candidateBp: 0 });
  announceTraffic(book, { ...traffic, generation: 2 });
  see(book, { subject: ann });
  see(book, { subject: ann, second: 5, generation: 2 });
  see(book, { subject: ben, second: 6, generation: 3 });
  assert.deepEqual(countsOf(book), [
    { n: 1, k: 0 },
    { n: 0, k: 0 },
  ]);
});

test("a book that goes on after another counts other users", () => {
  const first = bookWith();
  see(first, { subject: ann });
  see(first, { subject: eve });
  countsOf(first);
  assert.equal(first.evidence.lives, 1);
  const second = bookWith(first.evidence);
  see(second, { subject: ann });
  see(second, { subject: 0x48000009 });
  countsOf(second);
  assert.equal(second.evidence.lives, 2);
  assert.deepEqual(second.evidence.assignments, [
    { generation: 1, candidateBp: weightBp, primary: 2, candidate: 0 },
  ]);
});

test("windows with too many users let them go, and later ones look at fewer", () => {
  const book = bookWith();
  const random = seeded(4);
  for (let index = 0; index <= SUBJECTS_OPEN_MAX; index += 1) {
    see(book, { subject: subjectOf(random) });
  }
  assert.equal(book.newcomers.waiting, 0);
  for (let index = 0; index < 1_000; index += 1) {
    see(book, { subject: subjectOf(random), second: 1 });
  }
  countsOf(book);
  const counted = book.evidence.assignments[0]?.primary ?? 0;
  assert(counted > 400 && counted < 600, `${counted}`);
  assert.equal(book.newcomers.waiting, 0);
});

test("however many users come, no more are remembered than the bound, and new ones go on counting, each once", () => {
  const book = bookWith();
  const random = seeded(8);
  const subjects: number[] = [];
  let counted = 0;
  for (let second = 0; second < 200; second += 1) {
    for (let index = 0; index < 300; index += 1) {
      const subject = subjectOf(random);
      subjects.push(subject);
      see(book, { subject, second });
    }
    closeWindows(book, begin + 1_000 * second);
    assert(book.newcomers.seen.size <= SUBJECTS_MAX);
    if (second === 100) {
      counted = book.evidence.assignments[0]?.primary ?? 0;
      assert(counted > SUBJECTS_MAX);
    }
  }
  closeWindows(book, begin + 240_000);
  const before = book.evidence.assignments[0]?.primary ?? 0;
  assert(before > counted && before < subjects.length / 2, `${before}`);
  for (const [index, subject] of subjects.entries()) {
    see(book, { subject, second: 240 + Math.floor(index / 300) });
    closeWindows(book, begin + 240_000 + 1_000 * Math.floor(index / 300));
  }
  closeWindows(book, begin + 600_000);
  assert.equal(book.evidence.assignments[0]?.primary, before);
});

test("the part of the users that is left is a random one: a right split stays right in it", () => {
  const random = seeded(31);

  const book = bookWith();
  for (let second = 0; second < 300; second += 1) {
    for (let index = 0; index < 200; index += 1) {
      const served = random.next() < 0.2 ? "candidate" : "primary";
      see(book, { subject: subjectOf(random), served, second });
    }
    closeWindows(book, begin + 1_000 * second);
  }
  closeWindows(book, begin + 600_000);
  const { assignments } = book.evidence;
  const candidates = assignments[0]?.candidate ?? 0;
  assert(candidates > 1_500, `${candidates}`);
  assert(logSplitMismatch(assignments) < Math.log(20));
});

/** A rollout's assignments when each new user falls to the candidate with this chance, some of them heavy users. */
function assignedAt(share: number, random: Random): Evidence {
  const book = bookWith();
  for (let user = 0; user < 1_500; user += 1) {
    const served = random.next() < share ? "candidate" : "primary";
    const subject = subjectOf(random);
    const requests = random.next() < 0.02 ? 20 : 1;
    for (let request = 0; request < requests; request += 1) {
      see(book, { subject, served, second: Math.floor(user / 100) + (request % 3) });
    }
  }
  closeWindows(book, begin + 120_000);
  return book.evidence;
}

test("a right split with heavy users is called wrong at most as often as alpha says", () => {
  const random = seeded(12);
  const runs = 60;
  let alarms = 0;
  for (let run = 0; run < runs; run += 1) {
    alarms += Number(
      logSplitMismatch(assignedAt(weightBp / 10_000, random).assignments) >= Math.log(20),
    );
  }
  assert(alarms <= mostOf(runs, 0.05), `${alarms}`);
});

test("a wrong split withholds every pass, says so, and fails nothing", () => {
  const plan = planWith([errorRate], { rollback: 0.01, promotion: 0.999 });
  const evidence = assignedAt(0.28, seeded(2));
  const good = judge(plan, canaryStep, { ...evidence, assignments: [] });
  assert.equal(good.judgement, "pass");
  const verdict = judge(plan, canaryStep, evidence);
  assert.equal(verdict.judgement, "inconclusive");
  assert.match(
    verdict.withheld ?? "",
    /^split: \d+ of 1,500 users fell to the candidate, where 20% was asked for \(.* to 1\); until that is explained nothing is promoted$/,
  );
  assert.equal(verdict.reasons[0], verdict.withheld);
});
