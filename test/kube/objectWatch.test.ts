import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { openCluster } from "../../sidecar/kube/cluster.ts";
import { ObjectWatch } from "../../sidecar/kube/objectWatch.ts";
import { type FakeKube, startFakeKube } from "../support/fakeKube.ts";
import { until } from "../support/until.ts";

const PATH = "/apis/understudy.dev/v1alpha1/namespaces/shop/rollouts";
const FAR_MS = 15_000;
const named = (name: string, spec: string) => ({ metadata: { name, namespace: "shop" }, spec });

async function watching(
  context: TestContext,
  name?: string,
): Promise<{ readonly kube: FakeKube; readonly watch: ObjectWatch; readonly told: () => number }> {
  const kube = await startFakeKube(context);
  kube.put(PATH, named("one", "first"));
  let told = 0;
  const watch = new ObjectWatch({
    cluster: await openCluster(kube.kubeconfig),
    path: PATH,
    random: () => 0,
    changed: () => {
      told += 1;
    },
    ...(name === undefined ? {} : { name }),
  });
  watch.start();
  context.after(() => watch.stop());
  await live(watch);
  return { kube, watch, told: () => told };
}

const live = (watch: ObjectWatch): Promise<true> =>
  until(() => watch.standing.kind === "live", { deadlineMs: FAR_MS, what: "the watch is live" });

const seen = (watch: ObjectWatch, key: string, text: string): Promise<true> =>
  until(() => JSON.stringify(watch.objects.get(key) ?? "").includes(text), {
    deadlineMs: FAR_MS,
    what: `${key} is ${text}`,
  });

const count = (kube: FakeKube, pattern: RegExp): number =>
  kube.asked.filter((each) => pattern.test(each)).length;

test("what is there, comes, changes and goes is known, and told", async (context) => {
  const { kube, watch, told } = await watching(context);
  await seen(watch, "shop/one", "first");
  const before = told();
  kube.put(PATH, named("two", "second"));
  await seen(watch, "shop/two", "second");
  kube.put(PATH, named("one", "third"));
  await seen(watch, "shop/one", "third");
  kube.remove(PATH, "two");
  await until(() => !watch.objects.has("shop/two"), { deadlineMs: FAR_MS, what: "two is gone" });
  assert.equal(told() - before, 3);
});

test("a watch of one name knows no other, and asks for no other", async (context) => {
  const { kube, watch } = await watching(context, "one");
  kube.put(PATH, named("two", "second"));
  kube.put(PATH, named("one", "third"));
  await seen(watch, "shop/one", "third");
  assert.deepEqual([...watch.objects.keys()], ["shop/one"]);
  assert.equal(count(kube, /rollouts\?(?!.*fieldSelector=metadata\.name%3Done)/), 0);
});

test("a watch that was dropped goes on where it was, without another list", async (context) => {
  const { kube, watch } = await watching(context);
  kube.dropWatches();
  await until(() => count(kube, /watch=true/) > 1, { deadlineMs: FAR_MS, what: "another watch" });
  await live(watch);
  kube.put(PATH, named("one", "later"));
  await seen(watch, "shop/one", "later");
  assert.equal(count(kube, /limit=/), 1);
});

test("what the server does not keep any more is listed anew", async (context) => {
  const { kube, watch } = await watching(context);
  kube.refuse({ pattern: /watch=true/, status: 410, times: 1 });
  kube.dropWatches();
  kube.put(PATH, named("one", "meanwhile"));
  await seen(watch, "shop/one", "meanwhile");
  assert.equal(count(kube, /limit=/), 2);
});

test("a server that is busy is left alone as long as it asks for, and that is said", async (context) => {
  const { kube, watch } = await watching(context);
  kube.refuse({
    pattern: /watch=true/,
    status: 429,
    times: 1,
    headers: { "retry-after": "2" },
  });
  kube.dropWatches();
  const waitMs = await until(
    () => (watch.standing.kind === "failed" ? watch.standing.error.retryAfterMs : undefined),
    { deadlineMs: FAR_MS, what: "it is told that the server is busy" },
  );
  assert.equal(waitMs, 2_000);
  await live(watch);
  assert.ok(watch.objects.has("shop/one"));
});

test("what was known last is kept while the server is away", async (context) => {
  const { kube, watch } = await watching(context);
  await kube.stop();
  await until(() => watch.standing.kind === "failed", { deadlineMs: FAR_MS, what: "failure" });
  assert.deepEqual([...watch.objects.keys()], ["shop/one"]);
  await kube.start();
  await live(watch);
});
