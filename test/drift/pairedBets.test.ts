import assert from "node:assert/strict";
import { test } from "node:test";
import {
  betOn,
  logBetsWon,
  type PairedBets,
  startBets,
} from "../../sidecar/core/drift/pairedBets.ts";
import { type Random, seeded } from "../support/random.ts";

/** Ten tokens of which each is one of two; the last goes with the first by a chance. */
function tokensOf(random: Random, together: number): readonly number[] {
  const bits = Array.from({ length: 10 }, () => (random.next() < 0.5 ? 0 : 1));
  const same = random.next() < together ? 1 : 0;
  return [...bits.map((bit, index) => 2 * index + bit), 100 + same];
}

function runOf(
  random: Random,
  { pairs, together }: { pairs: number; together: number },
): { readonly bets: PairedBets; readonly greatest: number } {
  const bets = startBets();
  let greatest = 0;
  for (let pair = 0; pair < pairs; pair += 1) {
    betOn(bets, { current: tokensOf(random, together), reference: tokensOf(random, 0.5) });
    greatest = Math.max(greatest, logBetsWon(bets));
  }
  return { bets, greatest };
}

test("without drift the bets hardly ever win, though looked at after every pair", () => {
  const random = seeded(31);
  const won = Array.from({ length: 300 }, () => runOf(random, { pairs: 300, together: 0.5 }));
  const alarms = won.filter(({ greatest }) => greatest >= Math.log(20)).length;
  // At most 15 of 300 in the mean, by Ville's inequality.
  assert(alarms <= 15, `${alarms}`);
});

test("one bet gains in the mean what it loses when both rows change places", () => {
  const random = seeded(32);
  const { bets } = runOf(random, { pairs: 200, together: 0.9 });
  const [current, reference] = [tokensOf(random, 1), tokensOf(random, 0)];
  const after = (pair: Parameters<typeof betOn>[1]) => {
    const copy: PairedBets = structuredClone(bets);
    betOn(copy, pair);
    return copy.logCapitals.map((log, index) => Math.exp(log - (bets.logCapitals[index] ?? 0)));
  };
  const [one, other] = [
    after({ current, reference }),
    after({ current: reference, reference: current }),
  ];
  for (const [index, factor] of one.entries()) {
    assert(Math.abs((factor + (other[index] ?? 0)) / 2 - 1) < 1e-12);
  }
});

test("a drift is found, the sooner the clearer", () => {
  const firsts = [0.7, 0.9].map((together) => {
    const random = seeded(33);
    const bets = startBets();
    while (logBetsWon(bets) < Math.log(1_000) && bets.pairs < 2_000) {
      betOn(bets, { current: tokensOf(random, together), reference: tokensOf(random, 0.5) });
    }
    return bets.pairs;
  });
  assert((firsts[1] ?? 0) < (firsts[0] ?? 0) && (firsts[0] ?? 0) < 1_500, firsts.join(" "));
});

test("bets go on from their JSON as if they had not stopped", () => {
  const random = seeded(34);
  const { bets } = runOf(random, { pairs: 50, together: 0.8 });
  const stored: PairedBets = JSON.parse(JSON.stringify(bets));
  const pair = { current: tokensOf(random, 0.8), reference: tokensOf(random, 0.5) };
  betOn(bets, pair);
  betOn(stored, pair);
  assert.deepEqual(stored, bets);
});
