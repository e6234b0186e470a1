import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Traffic } from "../../sidecar/core/traffic.ts";
import { XdsActuator } from "../../sidecar/xds/actuator.ts";
import { generationsIn } from "../../sidecar/xds/version.ts";
import { one } from "../support/connectedFilter.ts";
import { envoysDocument } from "../support/envoysDocument.ts";
import { connectEnvoy, type FakeEnvoy } from "../support/fakeEnvoy.ts";

const ENVOYS = 3;

const traffic = (generation: number): Traffic => ({
  generation,
  candidateBp: (generation * 37) % 10_001,
  shadowBp: 0,
  shadowPrimary: false,
});

/** One thing that happens: traffic is applied, a sidecar takes another's place, an Envoy comes back, or is in a mood to refuse. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant("apply" as const), generation: fc.integer({ min: 1, max: 30 }) }),
  fc.record({ kind: fc.constant("restart" as const) }),
  fc.record({ kind: fc.constant("return" as const), envoy: fc.nat({ max: ENVOYS - 1 }) }),
  fc.record({
    kind: fc.constant("mood" as const),
    envoy: fc.nat({ max: ENVOYS - 1 }),
    why: fc.constantFrom("no", undefined),
  }),
);
type Happening = typeof happening extends fc.Arbitrary<infer Each> ? Each : never;

class World {
  actuator = new XdsActuator(envoysDocument, () => undefined);
  readonly envoys: FakeEnvoy[] = [];
  readonly #moods = new Map<number, string | undefined>();

  constructor() {
    for (let index = 0; index < ENVOYS; index += 1) {
      this.#connect(index);
    }
  }

  generationOf(envoy: FakeEnvoy | undefined): number {
    return generationsIn(envoy?.has.get("front") ?? "").get("one") ?? 0;
  }

  async happen(each: Happening): Promise<void> {
    switch (each.kind) {
      case "apply":
        // What an Envoy refuses rejects; that is not what this is about.
        await this.actuator.apply(one, traffic(each.generation)).catch(() => undefined);
        return;
      case "restart":
        this.actuator = new XdsActuator(envoysDocument, () => undefined);
        for (const index of this.envoys.keys()) {
          this.#connect(index);
        }
        return;
      case "return":
        this.envoys[each.envoy]?.close();
        this.#connect(each.envoy);
        return;
      case "mood":
        this.#moods.set(each.envoy, each.why);
        this.envoys[each.envoy]?.refuse(each.why);
        return;
      default:
        each satisfies never;
    }
  }

  /** With what it had; every other Envoy speaks the other protocol. */
  #connect(index: number): void {
    const had = this.envoys[index]?.has ?? new Map<string, string>();
    const protocol = index % 2 === 0 ? "whole" : "delta";
    const envoy = connectEnvoy(this.actuator, { name: `edge-${index}`, protocol, had });
    this.envoys[index] = envoy;
    envoy.refuse(this.#moods.get(index));
  }
}

test("no Envoy is ever given older traffic than it has, and all agree once none refuses", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  await fc.assert(
    fc.asyncProperty(fc.array(happening, { maxLength: 40 }), async (happenings) => {
      const world = new World();
      for (const each of happenings) {
        const before = world.envoys.map((envoy) => world.generationOf(envoy));
        await world.happen(each);
        const after = world.envoys.map((envoy) => world.generationOf(envoy));
        assert.ok(after.every((generation, index) => generation >= (before[index] ?? 0)));
      }
      for (let envoy = 0; envoy < ENVOYS; envoy += 1) {
        await world.happen({ kind: "mood", envoy, why: undefined });
      }
      const newest = traffic(31);
      await world.happen({ kind: "apply", generation: 31 });
      await world.happen({ kind: "apply", generation: 31 });
      context.mock.timers.tick(envoysDocument.returnWithin);
      assert.deepEqual(await world.actuator.read(one), {
        inForce: newest,
        generation: 31,
        problem: undefined,
      });
    }),
    { numRuns: 200 },
  );
});
