import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { understudy } from "#proto";
import { ROLLOUT } from "../support/filterConfig.ts";
import { STREAMS } from "../support/mesh.ts";
import type { Say, ScriptedTraffic } from "../support/scriptedSidecar.ts";
import { type Stage, setStage, traffic } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { answering } from "../support/upstream.ts";

const SERVED: ScriptedTraffic = traffic({ generation: 5, candidateBp: 10_000, shadowBp: 0 });

/** Users are on the candidate, as the traffic of generation 5 has it. */
async function assertUnmoved({ users, v1, v2 }: Stage): Promise<void> {
  const before = v2.users().length;
  const got = await users.sendAll(Array(20).fill({}));
  assert.ok(got.every(({ status }) => status === 200));
  assert.equal(v2.users().length, before + 20);
  assert.deepEqual(v1.received, []);
}

/** A varint field of 64 ones: -1, as a signed number has it. */
const MINUS_ONE = Buffer.from([0x18, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);

function trafficOf(fields: understudy.v1.Traffic.$Properties, after?: Buffer): Buffer {
  const inner = understudy.v1.Traffic.encode({ rollout: ROLLOUT, generation: 6, ...fields });
  const bytes = Buffer.concat([inner.finish(), after ?? Buffer.alloc(0)]);
  return Buffer.concat([Buffer.from([0x12, bytes.length]), bytes]);
}

const refused: readonly { readonly name: string; readonly say: Buffer; readonly why: RegExp }[] = [
  {
    name: "a weight of 10001",
    say: trafficOf({ candidateBp: 10_001 }),
    why: /^candidate_bp: 10001/,
  },
  { name: "a weight of -1", say: trafficOf({}, MINUS_ONE), why: /^candidate_bp: / },
  { name: "a share of 10001", say: trafficOf({ shadowBp: 10_001 }), why: /^shadow_bp: 10001/ },
  { name: "an older generation", say: trafficOf({ generation: 4 }), why: /^generation: 4/ },
  {
    name: "the same generation with other values",
    say: trafficOf({ generation: 5, candidateBp: 1 }),
    why: /^generation: 5/,
  },
  { name: "a rollout that it has not", say: trafficOf({ rollout: "other" }), why: /^rollout: / },
  { name: "a rollout without a name", say: trafficOf({ rollout: "" }), why: /^rollout: / },
];
for (const { name, say, why } of refused) {
  test(`cases 20 and 21: traffic with ${name} is refused with its reason, and moves nobody`, async (context) => {
    const stage = await setStage(context, { traffic: SERVED });
    for (const stream of stage.sidecar.open()) {
      stream.say(say);
    }
    await until(
      () => stage.sidecar.open().every(({ reports }) => why.test(reports.at(-1)?.refused ?? "")),
      { deadlineMs: 15_000, what: `every stream refuses with ${why}` },
    );
    await assertUnmoved(stage);
    assert.equal(await stage.mesh.counted("traffic_refused", STREAMS), STREAMS);
  });
}

const garbage: readonly { readonly name: string; readonly say: Say }[] = [
  { name: "nothing", say: Buffer.alloc(0) },
  { name: "a length beyond its end", say: Buffer.from([0x12, 0x7f, 1]) },
  { name: "a number without end", say: Buffer.alloc(64, 0xff) },
  { name: "groups", say: Buffer.from([0x0b, 0x13, 0x14, 0x0c]) },
  { name: "an unknown field", say: Buffer.from([0xfa, 0x3f, 2, 1, 2]) },
  { name: "random bytes", say: randomBytes(5000) },
  { name: "a name of 300 kB", say: { traffic: { rollout: "x".repeat(300_000), generation: 9 } } },
  { name: "an acknowledgement of what was never sent", say: { ack: { sequence: 1e9 } } },
  { name: "credit beyond measure", say: { ack: { sequence: 0, creditBytes: 0xffff_ffff } } },
  { name: "limits of nothing", say: { limits: { creditBytes: 0, messageBytesMax: 0 } } },
];
for (const { name, say } of garbage) {
  test(`case 20: a sidecar that says ${name} moves nobody, and loses no evidence`, async (context) => {
    const stage = await setStage(context, { traffic: SERVED });
    for (const stream of stage.sidecar.open()) {
      stream.say(say);
      stream.say(say);
    }
    await assertUnmoved(stage);
    assert.equal((await stage.sidecar.seen(20)).length, 20);
  });
}

test("case 19: a sidecar that ends streams before a greeting is called again, and moves nobody", async (context) => {
  let remaining = 3;
  const stage = await setStage(context, {
    traffic: SERVED,
    script: {
      onOpen: (stream) => {
        remaining -= 1;
        if (remaining >= 0) {
          stream.end();
        }
      },
    },
  });
  assert.ok(stage.sidecar.streams.length >= STREAMS + 3);
  await assertUnmoved(stage);
});

test("case 19: a sidecar that ends streams after traffic, or in mid-evidence, is called again and moves nobody", async (context) => {
  const stage = await setStage(context, { traffic: SERVED });
  for (const _ of Array(3)) {
    const known = stage.sidecar.streams.length;
    const sent = assertUnmoved(stage);
    for (const stream of stage.sidecar.open()) {
      stream.end();
    }
    await sent;
    await until(() => stage.sidecar.streams.length >= known + STREAMS, {
      deadlineMs: 15_000,
      what: "every stream was opened again",
    });
  }
  await stage.sidecar.inForce(SERVED, STREAMS);
  await assertUnmoved(stage);
});

test("without credit evidence is dropped and counted, and no user waits", async (context) => {
  const { users, mesh, sidecar, v1, v2 } = await setStage(context, {
    script: { creditBytes: 0, acks: "none" },
  });
  v1.answer = answering(200, "text/plain", "p".repeat(60_000));
  v2.answer = answering(200, "text/plain", "c".repeat(60_000));
  const got = await users.sendAll(Array(120).fill({}));
  assert.ok(got.every(({ status }) => status === 200));
  await mesh.counted("drops_no_credit", 20);
  assert.deepEqual(sidecar.observations(), []);
});

test("a filter never sends more than it was granted", async (context) => {
  const creditBytes = 20_000;
  const { users, sidecar, mesh } = await setStage(context, {
    script: { creditBytes, acks: "none" },
  });
  await users.sendAll(Array(300).fill({}));
  await mesh.counted("observations", 300);
  await until(() => sentBytes(sidecar.streams).filter((bytes) => bytes > 15_000).length === 2, {
    deadlineMs: 15_000,
    what: "both workers used their credit",
  });
  assert.ok(sentBytes(sidecar.streams).every((bytes) => bytes <= creditBytes));
});

test("no message is larger than the sidecar takes", async (context) => {
  const messageBytesMax = 4000;
  const { users, sidecar } = await setStage(context, { script: { messageBytesMax } });
  await users.sendAll(Array(100).fill({}));
  await sidecar.seen(100);
  const sizes = sidecar.streams.flatMap(({ batches }) => batches.map(({ bytes }) => bytes));
  assert.ok(Math.max(...sizes) <= messageBytesMax);
});

test("batches are numbered without a gap, over streams of one source that follow each other", async (context) => {
  const { users, sidecar } = await setStage(context);
  await users.sendAll(Array(40).fill({}));
  await sidecar.seen(40);
  const first = sidecar.open();
  for (const stream of first) {
    stream.end();
  }
  const areOver = () => first.every(({ isOpen }) => !isOpen);
  await until(areOver, { deadlineMs: 15_000, what: "the filter has ended its side too" });
  await sidecar.inForce(traffic(), STREAMS);
  await users.sendAll(Array(40).fill({}));
  await sidecar.seen(80);
  const sources = new Set(sidecar.streams.map(({ hello }) => hello?.source));
  assert.equal(sources.size, STREAMS);
  for (const source of sources) {
    const streams = sidecar.streams.filter(({ hello }) => hello?.source === source);
    const sequences = streams.flatMap(({ batches }) => batches.map(({ sequence }) => sequence));
    assert.deepEqual(
      sequences,
      sequences.map((_, index) => index + 1),
    );
    assert.equal(streams.at(-1)?.hello?.nextSequence, (streams[0]?.batches.length ?? 0) + 1);
  }
});

test("a filter says hello with its name, its version, the contract's and its rollouts", async (context) => {
  const { sidecar } = await setStage(context);
  for (const { hello } of sidecar.streams) {
    assert.match(hello?.source ?? "", /^[0-9a-f]{32}$/);
    assert.match(hello?.filterVersion ?? "", /^\d+\.\d+\.\d+$/);
    assert.deepEqual([hello?.protocolVersion, hello?.nodeId], [1, "mesh-1"]);
    assert.deepEqual(hello?.rollouts, [ROLLOUT]);
  }
});

function sentBytes(streams: Stage["sidecar"]["streams"]): readonly number[] {
  return streams.map(({ batches }) => batches.reduce((total, { bytes }) => total + bytes, 0));
}
