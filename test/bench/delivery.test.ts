import assert from "node:assert/strict";
import { test } from "node:test";
import { filterStream } from "../../bench/delivery/streams.ts";
import { planText, startTestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

test("a stream knows when it was told a change, which is after the one before", async (context) => {
  const { client, grpc } = await startTestSidecar(context);
  const filter = filterStream(grpc, "test");
  context.after(() => filter.close());
  assert.equal(filter.toldMs(1), undefined);
  const when = async (generation: number): Promise<number> =>
    await until(() => filter.toldMs(generation), {
      deadlineMs: 5_000,
      what: `generation ${generation} is told`,
    });
  await client.apply(planText());
  const first = await when(1);
  assert.equal(filter.toldMs(2), undefined);
  await client.change("Rollback", { name: "test", reason: "test" });
  assert.ok((await when(2)) > first);
});
