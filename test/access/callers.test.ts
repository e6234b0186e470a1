import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { type Caller, ROLES } from "../../sidecar/access/caller.ts";
import { Callers, formatCaller, parseCaller, parseCallers } from "../../sidecar/access/callers.ts";
import { addCaller, readCallers } from "../../sidecar/access/callersFile.ts";
import { readSecretFile } from "../../sidecar/access/secretFile.ts";
import { hashToken, isToken, mintToken } from "../../sidecar/access/token.ts";
import { NAME } from "../../sidecar/plan/fields.ts";

const HASH = `sha256:${"0".repeat(64)}`;

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-access-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function callerOf(token: string, name: string): Caller {
  const credential = `sha256:${hashToken(token).toString("hex")}`;
  return { name, role: "viewer", untilMs: Number.POSITIVE_INFINITY, credential };
}

test("a caller is read as it is written", () => {
  const caller = fc.record({
    name: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/),
    role: fc.constantFrom(...ROLES),
    untilMs: fc.oneof(
      fc.constant(Number.POSITIVE_INFINITY),
      fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => seconds * 1_000),
    ),
    credential: fc.oneof(
      fc.stringMatching(/^sha256:[0-9a-f]{64}$/),
      fc.stringMatching(/^certificate:(URI|DNS|CN):[!-~]{1,256}$/),
    ),
  });
  const names = fc.array(fc.stringMatching(NAME), {
    minLength: 1,
    maxLength: 64,
  });
  const scope = fc.option(names, { nil: undefined });
  fc.assert(
    fc.property(caller, scope, (each, rollouts) => {
      const written =
        rollouts === undefined ? each : { ...each, role: "filter" as const, rollouts };
      assert.deepEqual(parseCaller(formatCaller(written)), { ...written });
    }),
  );
});

test("a filter may be for 64 rollouts, and not for more", () => {
  const line = (count: number): string =>
    `gate filter never ${HASH} ${Array.from({ length: count }, (_, index) => `r${index}`).join(",")}`;
  assert.equal(typeof parseCaller(line(64)), "object");
  assert.match(String(parseCaller(line(65))), /^rollouts of gate: 65 names: at most 64/);
});

const wrong: readonly { readonly line: string; readonly why: RegExp }[] = [
  { line: `ci admin ${HASH}`, why: /^3 fields/ },
  { line: `CI admin never ${HASH}`, why: /^name/ },
  { line: `ci root never ${HASH}`, why: /^role of ci: one of viewer/ },
  { line: `ci admin 2027-02-31 ${HASH}`, why: /^until of ci/ },
  { line: `ci admin tomorrow ${HASH}`, why: /^until of ci/ },
  { line: "ci admin never understudy_secret", why: /^credential of ci/ },
  { line: `ci admin never ${HASH}0`, why: /^credential of ci/ },
  { line: "ci admin never certificate:IP:10.0.0.1", why: /^credential of ci/ },
  { line: `ci admin never ${HASH} shop`, why: /^rollouts of ci: only a filter/ },
  { line: `ci filter never ${HASH} shop,,a`, why: /^rollouts of ci: names of 1 to 63/ },
  { line: `ci filter never ${HASH} Shop`, why: /^rollouts of ci: names of 1 to 63/ },
  { line: `ci filter never ${HASH} shop, checkout`, why: /^6 fields/ },
];
for (const { line, why } of wrong) {
  test(`the line "${line.slice(0, 40)}" is refused with its reason, and without what may be a secret`, () => {
    const problem = parseCaller(line);
    assert.match(String(problem), why);
    assert.doesNotMatch(String(problem), /understudy_secret|000000/);
  });
}

test("any text is either callers or problems, and never throws", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseCallers(text);
      assert.ok(parsed instanceof Callers || parsed.problems.length > 0);
    }),
  );
});

test("every mistake of a file is told with its line, and a name or a credential that is there twice", () => {
  const text = `# remarks\n\nci root never ${HASH}\none admin never ${HASH}\ntwo admin never ${HASH}\n`;
  const parsed = parseCallers(text);
  assert.ok("problems" in parsed);
  assert.deepEqual(
    parsed.problems.map((problem) => problem.slice(0, 7)),
    ["line 3:", "line 5:"],
  );
});

test("a token is found by its hash alone, and a text that is no token is nobody's", () => {
  const tokens = Array.from({ length: 20 }, mintToken);
  const callers = new Callers(tokens.map((token, index) => callerOf(token, `c${index}`)));
  assert.equal(new Set(tokens).size, 20);
  for (const [index, token] of tokens.entries()) {
    assert.ok(isToken(token));
    assert.equal(callers.byToken(token)?.name, `c${index}`);
  }
  for (const text of ["", mintToken(), tokens[0]?.slice(0, -1) ?? "", `${tokens[0]}x`]) {
    assert.equal(callers.byToken(text), undefined);
  }
});

test("a certificate is known by the first of its identities that is named, whole", () => {
  const named = { ...callerOf("", "envoy"), credential: "certificate:DNS:envoy.mesh" };
  const callers = new Callers([named]);
  assert.equal(callers.byCertificate(["CN:x", "DNS:envoy.mesh"]), named);
  for (const identity of ["envoy.mesh", "DNS:envoy.mesh.evil", "CN:envoy.mesh", "DNS:*"]) {
    assert.equal(callers.byCertificate([identity]), undefined);
  }
});

test("a caller that is added to a file can be read from it, and nobody else can read the file", async (context) => {
  const path = join(folderOf(context), "callers");
  const token = mintToken();
  await addCaller(path, callerOf(token, "first"));
  writeFileSync(path, readFileSync(path, "utf8").trimEnd());
  await addCaller(path, callerOf(mintToken(), "second"));
  const callers = await readCallers(path);
  assert.equal(callers.size, 2);
  assert.equal(callers.byToken(token)?.name, "first");
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.ok(!readFileSync(path, "utf8").includes(token));
  const before = readFileSync(path, "utf8");
  await assert.rejects(addCaller(path, callerOf(mintToken(), "first")), /twice/);
  const injected = callerOf(mintToken(), `x viewer never ${HASH}\ny`);
  await assert.rejects(addCaller(path, injected), /fields/);
  assert.equal(readFileSync(path, "utf8"), before);
});

test("a file that others may read or change, that is too long, or that is none, is not read", async (context) => {
  const path = join(folderOf(context), "secret");
  writeFileSync(path, "secret");
  for (const mode of [0o644, 0o660, 0o620, 0o606, 0o601]) {
    chmodSync(path, mode);
    await assert.rejects(readSecretFile(path, 100), /mode 0[67].*chmod 600/, `${mode}`);
  }
  for (const mode of [0o600, 0o400, 0o440, 0o640]) {
    chmodSync(path, mode);
    assert.equal((await readSecretFile(path, 100)).toString(), "secret");
  }
  await assert.rejects(readSecretFile(path, 5), /6 bytes: at most 5/);
  await assert.rejects(readSecretFile(folderOf(context), 5));
});
