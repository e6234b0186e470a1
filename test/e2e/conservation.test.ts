import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Client, clientOf, type Sent } from "../support/client.ts";
import { filterConfig, rolloutConfig, shadowConfig, USER_HEADER } from "../support/filterConfig.ts";
import { seeded } from "../support/random.ts";
import { type Stage, setStage } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { type Answering, answering, predicting, resetting, silent } from "../support/upstream.ts";

const SEED = 20_261_122;
const REQUESTS = 1200;

/** Every way of answering that a variant has, by chance; an honest answer most of the time. */
function moody(version: string, random: () => number): Answering {
  const moods: readonly Answering[] = [
    answering(500, "text/plain", "no"),
    answering(200, "text/plain", "x".repeat(200_000)),
    resetting,
    (_, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("begun", () => response.socket?.resetAndDestroy());
    },
    (_, response) => {
      response.write("a part");
      response.end("the rest");
    },
    silent,
  ];
  const honest = predicting(version, 1);
  return (request, response) => {
    const mood = moods[Math.floor(random() * 40)] ?? honest;
    mood(request, response);
  };
}

function anyRequest(random: () => number, index: number): Sent {
  const headers = { [USER_HEADER]: `user-${index}` };
  const kinds: readonly Sent[] = [
    { headers, method: "GET", chunks: [] },
    { headers, chunks: ["a", "b".repeat(5000)] },
    { headers, body: "x".repeat(100_000) },
    { headers, path: "/v2/models/risk/train" },
  ];
  return kinds[Math.floor(random() * 12)] ?? { headers };
}

/** Sends a request; some users lose patience. */
async function ask(users: Client, sent: Sent, random: () => number): Promise<void> {
  const leaving = new AbortController();
  const patience = setTimeout(() => leaving.abort(), random() < 0.1 ? random() * 20 : 1000);
  await users.send(sent, leaving.signal).catch(() => undefined);
  clearTimeout(patience);
}

async function play(context: TestContext): Promise<Stage> {
  const random = seeded(SEED).next;
  context.diagnostic(`seed ${SEED}`);
  const stage = await setStage(context, {
    traffic: { candidateBp: 4000, shadowBp: 9000, shadowPrimary: true },
    configuration: filterConfig([
      rolloutConfig({ requestTimeoutMs: 700, shadow: shadowConfig({ timeoutMs: 500 }) }),
    ]),
  });
  stage.v1.answer = moody("v1", random);
  stage.v2.answer = moody("v2", random);
  const requests = Array.from({ length: REQUESTS }, (_, index) => anyRequest(random, index));
  const rest = requests.values();
  const asker = async (): Promise<void> => {
    const users = clientOf(context, stage.mesh.port);
    for (const sent of rest) {
      await ask(users, sent, random);
    }
  };
  await Promise.all(Array.from({ length: 32 }, asker));
  return stage;
}

test("every request is observed, exactly once, whatever users and variants do", async (context) => {
  const { mesh, sidecar } = await play(context);
  const counted = await until(
    async () => {
      const counts = await mesh.counters();
      const { requests_primary: primary = 0, requests_candidate: candidate = 0 } = counts;
      return primary + candidate === counts.observations && counts;
    },
    { deadlineMs: 15_000, what: "as many observations as requests" },
  );
  const { observations = 0, shadows_sent: sent = 0 } = counted;
  const seen = await sidecar.seen(observations);
  assert.equal(seen.length, observations);
  assert.equal(new Set(seen.map(({ requestId }) => requestId)).size, observations);
  const shadowed = seen.filter(({ shadow }) => shadow !== null).length;
  assert.equal(shadowed, counted.pairs);
  assert.ok(shadowed > REQUESTS / 4 && shadowed <= sent, `${shadowed} of ${sent}`);
  await until(
    async () => {
      const { shadows_answered: answered = 0, shadows_failed: failed = 0 } = await mesh.counters();
      return answered + failed === sent;
    },
    { deadlineMs: 15_000, what: "every copy has an end" },
  );
  assert.equal(sidecar.drops().DROP_REASON_CLIENT_RESET, counted.drops_client_reset);
});
