import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { nameOfVersion } from "../../sidecar/core/models/model.ts";
import type { RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import type { ModelKeeper } from "../../sidecar/models/keeper.ts";
import { ModelStage } from "../support/modelStage.ts";
import { type Random, seeded } from "../support/random.ts";

const WORLDS = 10;
const STEPS = 40;

/** What people, the registry, the log and the process do at random, until all is calm. */
class World {
  readonly stage: ModelStage;
  readonly #random: Random;
  #keeper: ModelKeeper;

  constructor(stage: ModelStage, keeper: ModelKeeper, random: Random) {
    this.stage = stage;
    this.#keeper = keeper;
    this.#random = random;
  }

  async step(index: number): Promise<void> {
    const { stage } = this;
    const luck = this.#random.next();
    stage.failing = luck < 0.1 ? "before" : luck < 0.3 ? "after" : undefined;
    stage.journalFails = luck > 0.9;
    if (this.#random.next() < 0.3) {
      await stage.register(`model ${index}`);
    }
    if (this.#random.next() < 0.3) {
      await stage.end(this.#random.next() < 0.5 ? "promoted" : "rolled-back");
    }
    await stage.look(this.#keeper, this.#random.next() * 20_000);
    if (this.#random.next() < 0.2) {
      stage.journalFails = false;
      this.#keeper = await stage.open();
    }
  }

  async calm(): Promise<void> {
    const { stage } = this;
    stage.failing = undefined;
    stage.journalFails = false;
    for (let looks = 0; looks < 3; looks += 1) {
      await stage.look(this.#keeper, 600_000);
      await stage.end("promoted");
    }
    await stage.look(this.#keeper, 600_000);
  }
}

async function worldOf(context: TestContext, seed: number): Promise<World> {
  const stage = new ModelStage(context);
  await stage.register("first");
  await stage.alias("champion", 1);
  return new World(stage, await stage.open(), seeded(seed));
}

/** What the log says, after the law that no version is tried twice and each rollout begins at what serves. */
function readLog(events: readonly RolloutEvent[]): {
  readonly serving: string;
  readonly outcomes: ReadonlyMap<string, string>;
} {
  let serving = "v1";
  let candidate = "";
  const outcomes = new Map<string, string>();
  for (const event of events) {
    if (event.kind === "started") {
      ({ candidate } = event.plan);
      assert.equal(event.plan.primary, serving);
      assert.ok(!outcomes.has(candidate), `${candidate} is tried twice`);
    }
    serving = event.kind === "promoted" ? candidate : serving;
    outcomes.set(candidate, event.kind);
  }
  return { serving, outcomes };
}

for (let seed = 1; seed <= WORLDS; seed += 1) {
  test(`whatever fails, no version is tried twice, each rollout begins at what serves, and in the end the registry says what the log does (seed ${seed})`, async (context) => {
    const world = await worldOf(context, seed);
    for (let index = 0; index < STEPS; index += 1) {
      await world.step(index);
    }
    await world.calm();
    const { serving, outcomes } = readLog(await world.stage.store.events("test"));
    const { aliases, versions } = await world.stage.registered();
    assert.equal(nameOfVersion(aliases.get("champion") ?? 0), serving);
    const said = new Map(versions.map((one) => [nameOfVersion(one.version), one]));
    for (const [name, kind] of outcomes) {
      assert.equal(said.get(name)?.tags["understudy.outcome"], kind, name);
    }
    const servingVersions = versions.filter(({ stage }) => stage === "serving");
    assert.deepEqual(
      servingVersions.map(({ version }) => nameOfVersion(version)),
      [serving],
    );
    assert.ok(outcomes.size > 1);
  });
}
