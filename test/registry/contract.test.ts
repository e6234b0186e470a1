import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, test } from "node:test";
import { RegistryError, type RegistryErrorCode } from "../../sidecar/ports/registry.ts";
import { registrationOf, registries } from "../support/registries.ts";

const all = registries();
after(async () => {
  await Promise.all(all.map(({ stop }) => stop()));
});

const signal = (): AbortSignal => AbortSignal.timeout(120_000);
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

const withCode =
  (code: RegistryErrorCode) =>
  (error: unknown): boolean =>
    error instanceof RegistryError && error.code === code;

for (const { name, skip, open, contentOf } of all) {
  let models = 0;
  /** A model of the test's own, as one server serves them all. */
  const newModel = (): string => {
    models += 1;
    return `${name}-${models}`.toLowerCase();
  };

  test(`${name}: a model that nobody registered has no versions and no aliases`, {
    skip,
  }, async (context) => {
    const registry = await open(context);
    assert.deepEqual(await registry.read(newModel(), signal()), {
      versions: [],
      aliases: new Map(),
    });
    await registry.close();
  });

  test(`${name}: a registered file is a version with all that was said of it, and the next file is the next`, {
    skip,
  }, async (context) => {
    const registry = await open(context);
    const model = newModel();
    const metrics = { auc: 0.68, "log-loss": 0.51 };
    const trainingDataSha256 = sha256("rows");
    const given = { model, metrics, trainingDataSha256 };
    const first = await registry.register(registrationOf(context, "one", given), signal());
    const second = await registry.register(
      registrationOf(context, "two", { model, parent: 1 }),
      signal(),
    );
    assert.deepEqual([first.isNew, second.isNew], [true, true]);
    const { versions } = await registry.read(model, signal());
    assert.deepEqual(versions, [second.version, first.version]);
    const { location, registeredAtMs, ...said } = first.version;
    const common = { model, stage: "registered", tags: {} };
    assert.deepEqual(said, {
      ...{ ...common, version: 1, sha256: sha256("one") },
      ...{ trainingDataSha256, metrics, parent: undefined },
    });
    assert.ok(Math.abs(Date.now() - registeredAtMs) < 600_000 && location !== "");
    assert.deepEqual([second.version.version, second.version.parent], [2, 1]);
    assert.equal(await contentOf(first.version), "one");
    await registry.close();
  });

  test(`${name}: the same content again is the version that it was, as it was`, {
    skip,
  }, async (context) => {
    const registry = await open(context);
    const model = newModel();
    const first = await registry.register(registrationOf(context, "one", { model }), signal());
    await registry.register(registrationOf(context, "two", { model }), signal());
    const given = { model, metrics: { auc: 0.9 }, parent: 2 };
    const again = await registry.register(registrationOf(context, "one", given), signal());
    assert.deepEqual(again, { version: first.version, isNew: false });
    assert.equal((await registry.read(model, signal())).versions.length, 2);
    await registry.close();
  });

  test(`${name}: the same content is a version of each model that it is registered for`, {
    skip,
  }, async (context) => {
    const registry = await open(context);
    for (const model of [newModel(), newModel()]) {
      const made = await registry.register(registrationOf(context, "one", { model }), signal());
      assert.deepEqual([made.isNew, made.version.version], [true, 1]);
    }
    await registry.close();
  });

  test(`${name}: an alias names one version, the one that it was given last`, {
    skip,
  }, async (context) => {
    const registry = await open(context);
    const model = newModel();
    for (const text of ["one", "two"]) {
      await registry.register(registrationOf(context, text, { model }), signal());
    }
    const naming = { model, alias: "champion", version: 1 };
    await registry.setAlias(naming, signal());
    await registry.setAlias({ ...naming, alias: "challenger", version: 2 }, signal());
    await registry.setAlias({ ...naming, version: 2 }, signal());
    await registry.setAlias({ ...naming, version: 2 }, signal());
    const { aliases } = await registry.read(model, signal());
    assert.deepEqual(Object.fromEntries(aliases), { champion: 2, challenger: 2 });
    await registry.close();
  });

  test(`${name}: a stage and tags are set one by one, and leave what they do not name`, {
    skip,
  }, async (context) => {
    const registry = await open(context);
    const model = newModel();
    await registry.register(registrationOf(context, "one", { model }), signal());
    const mark = { model, version: 1 };
    await registry.mark({ ...mark, tags: { owner: "anna", why: "first" } }, signal());
    await registry.mark({ ...mark, stage: "trial" }, signal());
    await registry.mark({ ...mark, tags: { why: 'says "so": 1 > 0' } }, signal());
    await registry.mark({ ...mark, tags: { long: "x".repeat(5_000) } }, signal());
    const [version] = (await registry.read(model, signal())).versions;
    assert.equal(version?.stage, "trial");
    const { long, ...tags } = version.tags;
    assert.deepEqual(tags, { owner: "anna", why: 'says "so": 1 > 0' });
    assert.equal(long?.length, 1_000);
    await registry.close();
  });

  test(`${name}: what is about a version, parent or file that is not there is "missing", and changes nothing`, {
    skip,
  }, async (context) => {
    const registry = await open(context);
    const model = newModel();
    await registry.register(registrationOf(context, "one", { model }), signal());
    const orphan = registrationOf(context, "two", { model, parent: 7 });
    const absent = { ...registrationOf(context, "", { model }), file: "/nowhere/model.onnx" };
    const naming = { model, alias: "champion", version: 7 };
    await assert.rejects(registry.register(orphan, signal()), withCode("missing"));
    await assert.rejects(registry.register(absent, signal()), withCode("missing"));
    await assert.rejects(registry.setAlias(naming, signal()), withCode("missing"));
    const mark = { model, version: 7, tags: { a: "b" } };
    await assert.rejects(registry.mark(mark, signal()), withCode("missing"));
    const { versions, aliases } = await registry.read(model, signal());
    assert.deepEqual([versions.length, aliases.size], [1, 0]);
    await registry.close();
  });
}
