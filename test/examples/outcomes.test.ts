import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { startOutcomes } from "../../examples/patient-risk/outcomes.ts";
import type { Answered } from "../../examples/patient-risk/traffic.ts";
import { until } from "../support/until.ts";

type Told = { readonly rollout: string; readonly id: string; readonly label: number };

/** Takes labels as the sidecar does, of which it joins all but the first; `refusals` times it is not there. */
async function sidecarFor(
  context: TestContext,
  refusals: number,
): Promise<{ readonly http: string; readonly batches: Told[][]; readonly paths: string[] }> {
  const [batches, paths]: [Told[][], string[]] = [[], []];
  const server = createServer(async (request, response) => {
    const { labels } = JSON.parse(await text(request));
    paths.push(`${request.method} ${request.url} ${request.headers["content-type"]}`);
    const isRefused = paths.length <= refusals;
    batches.push(...(isRefused ? [] : [labels]));
    response.writeHead(isRefused ? 503 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(isRefused ? { detail: "" } : { joined: labels.length - 1 }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  context.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return { http: `127.0.0.1:${address.port}`, batches, paths };
}

function answers(): {
  readonly tell: (id: string, highUse: boolean) => void;
  readonly watch: (tell: (answered: Answered) => void) => () => void;
  readonly watchers: Set<(answered: Answered) => void>;
} {
  const watchers = new Set<(answered: Answered) => void>();
  return {
    watchers,
    tell: (id, highUse) => {
      for (const watcher of watchers) {
        watcher({ id, patient: { person: "7", features: {}, highUse } });
      }
    },
    watch: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

test("what was true of a request is told for the rollout, in a batch, and counted when it is taken", async (context) => {
  const { http, batches, paths } = await sidecarFor(context, 0);
  const traffic = answers();
  const outcomes = startOutcomes({ http, rollout: "r", afterMs: 0 }, traffic);
  traffic.tell("1", true);
  traffic.tell("2", false);
  await until(() => outcomes.seen().sent === 2, { deadlineMs: 10_000, what: "both are told" });
  await outcomes.stop();
  assert.deepEqual(batches.flat(), [
    { rollout: "r", id: "1", label: 1 },
    { rollout: "r", id: "2", label: 0 },
  ]);
  assert.deepEqual(outcomes.seen(), { sent: 2, joined: 1 });
  assert.equal(paths[0], "POST /v1/labels application/json");
  assert.equal(traffic.watchers.size, 0);
});

test("nothing is told before its time", async (context) => {
  const { http, batches } = await sidecarFor(context, 0);
  const traffic = answers();
  const late = startOutcomes({ http, rollout: "late", afterMs: 600_000 }, traffic);
  const soon = startOutcomes({ http, rollout: "soon", afterMs: 0 }, traffic);
  traffic.tell("1", true);
  await until(() => soon.seen().sent === 1, { deadlineMs: 10_000, what: "one is told" });
  await Promise.all([late.stop(), soon.stop()]);
  assert.deepEqual(
    batches.flat().map(({ rollout }) => rollout),
    ["soon"],
  );
  assert.deepEqual(late.seen(), { sent: 0, joined: 0 });
});

test("labels that were not taken are told again", async (context) => {
  const { http, batches, paths } = await sidecarFor(context, 2);
  const traffic = answers();
  const outcomes = startOutcomes({ http, rollout: "r", afterMs: 0 }, traffic);
  traffic.tell("1", true);
  await until(() => outcomes.seen().sent === 1, { deadlineMs: 15_000, what: "it is taken" });
  await outcomes.stop();
  assert.equal(paths.length, 3);
  assert.equal(batches.flat().length, 1);
});
