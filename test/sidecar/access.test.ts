import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { runVerb } from "../../sidecar/cli/run.ts";
import { startGuardedSidecar } from "../support/guardedSidecar.ts";
import { planText } from "../support/testSidecar.ts";

type Ran = { readonly code: number; readonly out: string; readonly err: string };

async function run(args: readonly string[], token?: string): Promise<Ran> {
  let [out, err] = ["", ""];
  const code = await runVerb(args, {
    token,
    out: (text) => {
      out += `${text}\n`;
    },
    err: (text) => {
      err += `${text}\n`;
    },
  });
  return { code, out, err };
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-cli-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a token that the command line makes lets its owner in, by file and by environment, over TLS", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "server" });
  const create = ["token", "create", "--callers", sidecar.callers.path, "--role", "admin"];
  const made = await run([...create, "--name", "ci", "--until", "2999-01-01"]);
  assert.equal(made.code, 0, made.err);
  const token = made.out.trim();
  assert.ok(!readFileSync(sidecar.callers.path, "utf8").includes(token));
  await sidecar.reload();
  const plan = join(folderOf(context), "plan.yaml");
  writeFileSync(plan, planText());
  const file = join(folderOf(context), "token");
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  const to = ["--server", sidecar.grpc, "--ca", sidecar.authority.ca];
  const applied = await run(["apply", plan, ...to, "--token-file", file]);
  assert.match(applied.out, /why: started by ci/, applied.err);
  assert.match((await run(["list", ...to], token)).out, /test: progressing|test: /);
  const refused = await run(["list", ...to]);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /takes a token/);
  chmodSync(file, 0o644);
  const open = await run(["list", ...to, "--token-file", file]);
  assert.match(open.err, /chmod 600/);
  assert.ok(![applied, refused, open].some(({ out, err }) => (out + err).includes(token)));
});

test("with mutual TLS the command line shows its certificate", async (context) => {
  const sidecar = await startGuardedSidecar(context, { tls: "mutual" });
  sidecar.callers.certificate("viewer", "CN:anna");
  await sidecar.reload();
  const { cert, key } = sidecar.authority.issue("anna");
  const to = ["list", "--server", sidecar.grpc, "--ca", sidecar.authority.ca];
  assert.equal((await run([...to, "--cert", cert, "--key", key])).code, 0);
  assert.equal((await run(to)).code, 1);
  assert.match((await run([...to, "--cert", cert])).err, /--cert, --key: only together/);
});

test("a filter's token may be for some rollouts, and no other role's may", async (context) => {
  const path = join(folderOf(context), "callers");
  const create = ["token", "create", "--callers", path, "--name", "gate", "--rollouts"];
  assert.equal((await run([...create, "shop,checkout", "--role", "filter"])).code, 0);
  assert.match(readFileSync(path, "utf8"), /^gate filter never sha256:\S+ shop,checkout$/m);
  const admin = await run([...create, "shop", "--role", "admin"]);
  assert.equal(admin.code, 2);
  assert.match(admin.err, /--rollouts: shop: only with --role filter/);
  const spaced = await run([...create, "shop, checkout", "--role", "filter"]);
  assert.equal(spaced.code, 2);
  assert.match(spaced.err, /--rollouts: .*with a comma and no space/);
});

test("a token is not sent to another machine in the clear", async () => {
  const { code, err } = await run(
    ["list", "--server", "192.0.2.1:50051"],
    `understudy_${"a".repeat(43)}`,
  );
  assert.equal(code, 1);
  assert.match(err, /by TLS only: give --ca/);
});

test("what is missing or wrong for a token is named, all of it, and nothing is made", async (context) => {
  const path = join(folderOf(context), "callers");
  const { code, err } = await run(["token", "create", "--role", "king", "--until", "soon"]);
  assert.equal(code, 2);
  for (const what of [/--role: king/, /--until: soon/, /--callers: nothing/, /--name: nothing/]) {
    assert.match(err, what);
  }
  const bad = await run(["token", "create", "--callers", path, "--role", "viewer", "--name", "CI"]);
  assert.equal(bad.code, 1);
  assert.match(bad.err, /name: 1 to 63/);
  assert.equal(bad.out, "");
  assert.ok(!existsSync(path));
});
