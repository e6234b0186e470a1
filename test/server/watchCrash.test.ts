import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as nextImmediate } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { RolloutClient } from "../../sidecar/cli/client.ts";
import { replay } from "../../sidecar/core/rollout/evolve.ts";
import type { StoredRollout } from "../../sidecar/ports.ts";
import { openSqliteStore } from "../../sidecar/stores/sqlite.ts";
import { profileOfColumns } from "../support/builtProfiles.ts";
import {
  FakeFilter,
  type WireObservation,
  wireAnswer,
  wireObservation,
} from "../support/fakeFilter.ts";
import { type Patient, patientOf, truthOf } from "../support/patients.ts";
import { type Random, seeded } from "../support/random.ts";
import { type SidecarProcess, startSidecarProcess } from "../support/sidecarProcess.ts";
import { until } from "../support/until.ts";

type Life = Pick<SidecarProcess, "child"> & {
  readonly client: RolloutClient;
  readonly filter: FakeFilter;
};

const BATCH = 20;
const WINDOW = 60;
/** Lives of the sidecar; each but the last ends by SIGKILL while more comes. In every other one patients are much older. */
const LIVES = 4;

const random = seeded(3);
const known = Array.from({ length: 1_000 }, () => patientOf(random, ""));
const reference = await profileOfColumns({ age: known.map(({ age }) => age) });

const plan = `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: test }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 100ms
  steps: [{ shadow: { percent: 100%, minimum: { pairs: 1000000 } } }]
  guardrails: { accuracy: { tolerance: 10% } }
  compare: { prediction: { label: $.label } }
  labels: { horizon: 100ms, id: $.id }
  drift:
    reference: ${gzipSync(JSON.stringify(reference)).toString("base64")}
    window: { rows: ${WINDOW} }
`;

/** One installation: its store, what was sent to it, and what was found in the store between two lives. */
class Installation {
  readonly storePath: string;
  readonly random: Random;
  sent = 0;
  readonly found: StoredRollout[] = [];

  constructor(storePath: string, seed: number) {
    this.storePath = storePath;
    this.random = seeded(seed);
  }

  /** Sends captured pairs and their labels, and waits until they are counted; some labels are sent again. */
  async send({ filter, client }: Life, older: number): Promise<void> {
    const { observations, labels } = this.#captured(older);
    const sequence = filter.observe(observations);
    await client.labels(labels);
    await filter.acknowledgedUpTo(sequence);
    await client.labels(labels.slice(0, 5));
  }

  /** Sends more and ends the process at some instant while it is being looked at. */
  async cutOff(life: Life, older: number): Promise<void> {
    const { observations, labels } = this.#captured(older);
    life.filter.observe(observations);
    const answered = life.client.labels(labels).catch(() => undefined);
    const turns = Math.floor(this.random.next() * 200);
    for (let turn = 0; turn < turns; turn += 1) {
      await nextImmediate();
    }
    await end(life, "SIGKILL");
    await answered;
  }

  #captured(older: number) {
    const patients = Array.from({ length: BATCH }, (_, index) =>
      patientOf(this.random, `p${this.sent + index}`, older),
    );
    this.sent += BATCH;
    return {
      observations: patients.map(captured),
      labels: patients.map((patient) => ({
        rollout: "test",
        id: patient.id,
        number: truthOf(patient),
      })),
    };
  }

  /** What the store holds while nobody else has it open, and that it is what the log leads to. */
  async look(): Promise<StoredRollout> {
    const store = openSqliteStore(this.storePath);
    const rollout = (await store.load()).get("test");
    const log = await store.events("test");
    await store.close();
    assert.ok(rollout !== undefined);
    assert.deepEqual(replay(log), rollout.state);
    this.found.push(rollout);
    return rollout;
  }
}

/** A pair of right answers, with the request. */
function captured(patient: Patient): WireObservation {
  const body = Buffer.from(JSON.stringify(patient));
  const said = Buffer.from(JSON.stringify({ label: truthOf(patient) }));
  const answer = wireAnswer({ body: said, bodyBytes: said.length });
  const request = { contentType: "application/json", body, bodyBytes: body.length };
  return wireObservation({ answer, shadow: answer, request });
}

async function begin(context: TestContext, { storePath }: Installation): Promise<Life> {
  const { child, grpc } = await startSidecarProcess(context, { storePath });
  const [client, filter] = [new RolloutClient(grpc), new FakeFilter(grpc)];
  context.after(() => {
    client.close();
    filter.close();
  });
  await filter.ready();
  await client.apply(plan);
  return { child, client, filter };
}

async function end({ child, client, filter }: Life, signal: NodeJS.Signals): Promise<void> {
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await exited;
  client.close();
  filter.close();
}

/** Sends patients of an age until it is known whether they are an anomaly. */
async function seeDrift(installation: Installation, life: Life, older: number): Promise<void> {
  const isKnown = async (): Promise<boolean> => {
    await installation.send(life, older);
    const { anomalies } = await life.client.get("test");
    return anomalies.some(({ name }) => name === "drift age") === older > 0;
  };
  await until(isKnown, { deadlineMs: 30_000, what: `whether ${older} years are an anomaly` });
}

for (const seed of [1, 2]) {
  test(`case 70: killed while labels and captured requests come, a sidecar counts nothing twice, and loses no anomaly (seed ${seed})`, async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "understudy-watch-"));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const installation = new Installation(join(folder, "store.sqlite"), seed);
    for (let number = 1; number < LIVES; number += 1) {
      const life = await begin(context, installation);
      const older = number % 2 === 0 ? 60 : 0;
      await seeDrift(installation, life, older);
      await installation.cutOff(life, older);
      await installation.look();
    }
    const last = await begin(context, installation);
    await seeDrift(installation, last, 60);
    await end(last, "SIGTERM");
    const { state, evidence, watch } = await installation.look();
    assertRises(installation.found);
    // Windows, the running window and streams each see the shift when they do.
    const names = state.anomalies.map(({ name }) => name);
    assert.ok(names.includes("drift age"));
    assert.equal(new Set(names).size, names.length);
    const labelled = labelledIn({ evidence });
    assert.ok(labelled > 0 && labelled <= installation.sent);
    const matured = watch?.performance?.total.candidate.matured ?? 0;
    assert.ok(matured > 0 && matured <= installation.sent);
  });
}

/** What was counted and watched goes on from life to life, and the traffic is the same in all. */
function assertRises(found: readonly StoredRollout[]): void {
  for (const [index, rollout] of found.entries()) {
    const before = found[index - 1] ?? rollout;
    assert.equal(rollout.state.phase, "progressing");
    assert.equal(rollout.state.generation, before.state.generation);
    assert.ok(labelledIn(rollout) >= labelledIn(before));
    assert.ok(windowsIn(rollout) >= windowsIn(before));
  }
}

function labelledIn({ evidence }: Pick<StoredRollout, "evidence">): number {
  return evidence.reduce((sum, source) => {
    const { accuracy } = source.evidence.guardrails;
    return sum + (accuracy?.kind === "accuracy" ? accuracy.labelled.candidate : 0);
  }, 0);
}

function windowsIn({ watch }: StoredRollout): number {
  return watch?.drift?.windows ?? 0;
}
