import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ANSWER_BYTES_MAX, type Cluster, openCluster } from "../../sidecar/kube/cluster.ts";
import { startFakeKube } from "../support/fakeKube.ts";

const { signal } = new AbortController();
const GET = { method: "GET", path: "/api/v1/namespaces/shop/services/shop" } as const;

/** A cluster that answers everything so. */
async function answering(
  context: TestContext,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): Promise<Cluster> {
  const server = createServer((_, response) => response.writeHead(status, headers).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const folder = await mkdtemp(join(tmpdir(), "understudy-cluster-"));
  context.after(async () => {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  });
  const file = join(folder, "kubeconfig");
  const at = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
  const config = {
    clusters: [{ name: "c", cluster: at }],
    users: [{ name: "u", user: { token: "t" } }],
    contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
    "current-context": "x",
  };
  await writeFile(file, JSON.stringify(config));
  return await openCluster(file);
}

test("there is no cluster without a kubeconfig, in one that names none, or beside no pod", async (context) => {
  await assert.rejects(openCluster("/nowhere/kubeconfig"), {
    code: "unreachable",
    message: /nowhere/,
  });
  await assert.rejects(openCluster("cluster"), {
    code: "unreachable",
    message: /this is not a pod/,
  });
  const folder = await mkdtemp(join(tmpdir(), "understudy-cluster-"));
  context.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "empty"), "{}");
  await assert.rejects(openCluster(join(folder, "empty")), { code: "unreachable" });
});

test("objects without a namespace are in that of the kubeconfig's context, or in default", async (context) => {
  const { kubeconfig } = await startFakeKube(context);
  assert.equal((await openCluster(kubeconfig)).namespace, "shop");
  assert.equal((await answering(context, "{}")).namespace, "default");
});

test("a refusal has what the server says, and how long it wants to be left alone, at most a minute", async (context) => {
  const said = JSON.stringify({ kind: "Status", message: "too many requests" });
  const busy = await answering(context, said, { "retry-after": "3600" }, 429);
  await assert.rejects(busy.send(GET, signal), {
    code: "busy",
    message: "GET /api/v1/namespaces/shop/services/shop: 429: too many requests",
    retryAfterMs: 60_000,
  });
  const other = await answering(context, "<html>gateway</html>", {}, 502);
  await assert.rejects(other.send(GET, signal), { code: "unreachable", message: /502: <html>/ });
});

test("an answer that is not JSON, or too long, is none", async (context) => {
  const page = await answering(context, "<html>login</html>");
  await assert.rejects(page.send(GET, signal), { code: "unreachable", message: /not JSON/ });
  const long = await answering(context, " ".repeat(ANSWER_BYTES_MAX + 1));
  await assert.rejects(long.send(GET, signal), { code: "unreachable", message: /more than/ });
});

test("what is asked is given up when its time is over", async (context) => {
  const cluster = await answering(context, "{}");
  await assert.rejects(cluster.send(GET, AbortSignal.abort()), { code: "unreachable" });
});
