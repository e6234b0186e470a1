import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, type TestContext, test } from "node:test";
import { judge } from "../../sidecar/core/judge.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import type { RolloutState } from "../../sidecar/core/rollout/state.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";
import { sameTraffic } from "../../sidecar/core/traffic.ts";
import type { JournalEntry } from "../../sidecar/ports/journal.ts";
import { openSqliteStore } from "../../sidecar/stores/sqlite.ts";
import { KilledInstallation, type Life, type Told } from "../support/killedInstallation.ts";
import { goOn, PLACES } from "../support/killingPlaces.ts";
import { startSidecarProcess } from "../support/sidecarProcess.ts";
import { until } from "../support/until.ts";

/** Installations, which live beside one another, and how often the sidecar of each is killed. */
const INSTALLATIONS = 5;
const KILLS = 10;

/** What the store holds while nobody has it open: each event, with the state that it leads to, and the plan of that rollout. */
type Found = readonly (JournalEntry & { readonly plan: Plan; readonly state: RolloutState })[];

const folder = await mkdtemp(join(tmpdir(), "understudy-killed-"));
const compileCachePath = join(folder, "compiled");
after(() => rm(folder, { recursive: true, force: true }));

before(async () => {
  // What is killed leaves nothing in the cache.
  const { child } = await startSidecarProcess({ after }, { compileCachePath });
  child.kill("SIGTERM");
  await until(() => child.exitCode !== null, { deadlineMs: 10_000, what: "it ends" });
});

describe("killed, a sidecar is as it was before or after its next event, and no event is lost or doubled", {
  concurrency: true,
}, () => {
  for (let seed = 1; seed <= INSTALLATIONS; seed += 1) {
    test(`at ${KILLS} instants of seed ${seed}`, (context) => killAgainAndAgain(context, seed));
  }
});

async function killAgainAndAgain(context: TestContext, seed: number): Promise<void> {
  const storePath = join(folder, `store${seed}.sqlite`);
  const installation = new KilledInstallation(seed, { storePath, compileCachePath });
  const places = [...Object.entries(PLACES), ["before it serves", undefined] as const];
  let found: Found = [];
  for (let kills = 0; kills < KILLS; kills += 1) {
    const [where, place] = places[(seed + kills) % places.length] ?? [];
    if (place === undefined) {
      await installation.cutShort(context);
    } else {
      const life = await installation.begin(context);
      await assertGoesOn(installation, life, found.at(-1));
      await goOn(installation, life);
      await place(installation, life);
      await life.kill();
    }
    found = await examine(installation, found);
    context.diagnostic(`killed ${where}: revision ${found.at(-1)?.state.revision}`);
  }
}

/** What a sidecar says of the rollout, and has filters serve, is what was stored when it was killed. */
async function assertGoesOn(
  installation: KilledInstallation,
  { client, filter }: Life,
  last: Found[number] | undefined,
): Promise<void> {
  if (last !== undefined) {
    assertTold(installation.note(await client.get("test")), last.state);
    const traffic = await until(() => filter.told[0], { deadlineMs: 5_000, what: "traffic comes" });
    assert.equal(traffic.generation, last.state.generation);
  }
}

/** What somebody was told is what the log leads to. */
function assertTold(told: Told, state: RolloutState | undefined): void {
  assert.ok(state !== undefined, `revision ${told.revision} was told, and is not in the log`);
  const { revision, phase, stepIndex, generation, reason } = state;
  assert.deepEqual(told, { revision, phase, stepIndex, generation, reason });
}

/** Looks at the store, and holds it against what was in it before and against all that anybody outside was told. */
async function examine(installation: KilledInstallation, earlier: Found): Promise<Found> {
  const found = await look(installation.paths.storePath);
  const { told, traffic, asked, sent } = installation;
  // An id is a checksum over its event and all before it.
  assert.equal(found[earlier.length - 1]?.id, earlier.at(-1)?.id, "what was stored stays");
  for (const one of told) {
    assertTold(one, found[one.revision - 1]?.state);
  }
  const mostTold = Math.max(0, ...told.map(({ revision }) => revision));
  assert.ok(found.length <= mostTold + 1, `${found.length} events, ${mostTold} of them told`);
  for (const { reason, isAnswered } of asked) {
    const made = found.filter(({ event }) => event.reason.startsWith(`${reason} (`)).length;
    assert.ok(made === 1 || (made === 0 && !isAnswered), `${reason} is in the log ${made} times`);
  }
  assertServed(found, traffic);
  assertJudged(found, sent);
  return found;
}

/** Filters were told nothing but what states ask for, and nothing older than they had. */
function assertServed(found: Found, told: KilledInstallation["traffic"]): void {
  const asked = found.map(({ plan, state }) => trafficOf(plan, state));
  for (const [index, one] of told.entries()) {
    assert.ok(one.generation >= (told[index - 1]?.generation ?? 0));
    assert.ok(asked.some((traffic) => sameTraffic(traffic, one)));
  }
}

/** What evidence has moved follows from the counters beside it, and those hold no request twice. */
function assertJudged(found: Found, sent: number): void {
  for (const [index, { plan, event }] of found.entries()) {
    assert.ok("cause" in event);
    const { cause, evidence } = event;
    assert.ok(evidence.requests.primary + evidence.requests.candidate <= sent);
    const step = plan.steps[found[index - 1]?.state.stepIndex ?? 0];
    assert.ok(step !== undefined);
    const { judgement } = judge(plan, step, evidence);
    const byEvidence = { "step-advanced": "pass", promoted: "pass", "rolled-back": "fail" };
    const due = Object.entries(byEvidence).find(([kind]) => kind === event.kind)?.[1];
    assert.ok(cause.kind === "command" || judgement === due, `${event.kind}: ${judgement}`);
  }
}

async function look(storePath: string): Promise<Found> {
  const store = openSqliteStore(storePath);
  const stored = (await store.load()).get("test");
  const log = await store.after(0, 10_000);
  await store.close();
  const found: Found[number][] = [];
  for (const entry of log) {
    const last = found.at(-1);
    const plan = entry.event.kind === "started" ? entry.event.plan : last?.plan;
    assert.ok(plan !== undefined);
    found.push({ ...entry, plan, state: evolve(last?.state, entry.event) });
  }
  assert.deepEqual(found.at(-1)?.state, stored?.state);
  return found;
}
