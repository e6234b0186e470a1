import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Readable } from "node:stream";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { status } from "@grpc/grpc-js";
import { understudy } from "#proto";
import { type LabelRow, readLabels } from "../../sidecar/cli/labelFile.ts";
import { sendLabels } from "../../sidecar/cli/sendLabels.ts";
import { tableFile } from "../support/tables.ts";
import { planText, startTestSidecar } from "../support/testSidecar.ts";
import { run } from "../support/verb.ts";

const main = fileURLToPath(new URL("../../sidecar/main.ts", import.meta.url));
const plan = planText().concat(
  "  compare: { prediction: { label: $.label } }\n  labels: { horizon: 1h }\n",
);

/** What is read of a text that comes in pieces of seven bytes. */
async function read(text: string): Promise<LabelRow[]> {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, piece) =>
    bytes.subarray(piece * 7, piece * 7 + 7),
  );
  const rows: LabelRow[] = [];
  for await (const row of readLabels(Readable.from(pieces), "r")) {
    rows.push(row);
  }
  return rows;
}

const labels = [
  { rollout: "r", id: "a", label: 1 },
  { rollout: "r", id: "b", label: "yes" },
];

for (const { form, text } of [
  { form: "CSV", text: "id,label\na,1\nb,yes\n" },
  { form: "CSV with rollouts, in another order", text: "label;rollout;id\n1;r;a\nyes;r;b" },
  { form: "JSON lines", text: '{"id":"a","label":1}\n{"id":"b","label":"yes"}\n' },
  { form: "a list in JSON", text: '[{"id":"a","label":1},\n{"id":"b","label":"yes"}]' },
  { form: "JSON", text: JSON.stringify({ labels }, null, 2) },
  { form: "JSON in one line", text: JSON.stringify({ labels }) },
]) {
  test(`labels are read from ${form}, however the bytes come`, async () => {
    assert.deepEqual(
      await read(text),
      labels.map((label, index) => ({ kind: "label", place: index + 1, label })),
    );
  });
}

test("ids keep all their digits, and cells that are no numbers in JSON are texts", async () => {
  const [wide] = await read('{"id":9007199254740993,"label":true}');
  assert.equal(wide?.kind === "label" && wide.label.id, "9007199254740993");
  const values = (await read("id,label\na,007\nb,1.0\nc,-2e3\nd,0x1")).map(
    (row) => row.kind === "label" && row.label.label,
  );
  assert.deepEqual(values, ["007", 1, -2000, "0x1"]);
});

test("a line that is no label is told by its number, and the others are read", async () => {
  const found = await read('{"id":"a","label":1}\n\nnot json\n{"id":"b","label":2}');
  assert.deepEqual(
    found.map(({ kind, place }) => [kind, place]),
    [
      ["label", 1],
      ["problem", 3],
      ["label", 4],
    ],
  );
});

test("a file without the columns id and label is refused", async () => {
  await assert.rejects(read("name,value\na,1\n"), /name, value: id and label are needed/);
});

test("many labels go in batches, and what became of all is added up", async () => {
  const sizes: number[] = [];
  const many = async function* (): AsyncGenerator<LabelRow> {
    for (let place = 1; place <= 5_000; place += 1) {
      yield { kind: "label", place, label: { rollout: "r", id: `${place}`, label: 1 } };
    }
  };
  const problems = [{ index: 1, problem: "odd" }];
  const client = {
    labels: async (batch: readonly unknown[]) => {
      sizes.push(batch.length);
      const counts = { waiting: batch.length - 1, refused: 1 };
      return new understudy.v1.RecordLabelsResponse({ ...counts, problems });
    },
  };
  const sent = await sendLabels(client, many());
  assert.deepEqual(sizes, [2_000, 2_000, 1_000]);
  assert.deepEqual([sent.waiting, sent.refused], [4_997, 3]);
  assert.deepEqual(
    sent.problems.map(({ place }) => place),
    [2, 2_002, 4_002],
  );
});

test("a batch is sent again while the sidecar is away, and not when it is refused", async () => {
  const rows = async function* (): AsyncGenerator<LabelRow> {
    yield { kind: "label", place: 1, label: { rollout: "r", id: "a", label: 1 } };
  };
  let calls = 0;
  const failing = (code: number) => ({
    labels: async () => {
      calls += 1;
      throw Object.assign(new Error("not now"), { code });
    },
  });
  const away = {
    labels: async () =>
      calls < 2
        ? await failing(status.UNAVAILABLE).labels()
        : new understudy.v1.RecordLabelsResponse({ joined: 1 }),
  };
  assert.equal((await sendLabels(away, rows())).joined, 1);
  calls = 0;
  await assert.rejects(sendLabels(failing(status.PERMISSION_DENIED), rows()), /not now/);
  assert.equal(calls, 1);
});

test("a file of labels that is not there is a failure that names it", async (context) => {
  const { grpc } = await startTestSidecar(context);
  const { code, err } = await run("labels", "/no/such/labels.csv", "--server", grpc);
  assert.deepEqual([code, /no\/such\/labels\.csv/.test(err)], [1, true]);
});

test("understudy labels sends a file, says what became of it, and fails where some were refused", async (context) => {
  const { grpc, client } = await startTestSidecar(context);
  await client.apply(plan);
  const at = ["--rollout", "test", "--server", grpc];
  const file = tableFile(context, "labels.csv", "id,label\na,1\nb,0\n");
  const first = await run("labels", file, ...at);
  assert.deepEqual([first.code, first.out, first.err], [0, "2 labels: 2 waiting", ""]);
  const again = await run("labels", file, ...at, "--output", "json");
  assert.equal(JSON.parse(again.out).repeated, "2");
  const odd = tableFile(context, "odd.csv", "id,label\n,1\nc,1\n");
  const refused = await run("labels", odd, ...at);
  assert.equal(refused.code, 1);
  assert.match(refused.out, /^2 labels: 1 waiting, 1 refused\n {2}1: id: 0 characters/);
});

test("labels come by the standard input too", async (context) => {
  const { grpc, client } = await startTestSidecar(context);
  await client.apply(plan);
  const args = [main, "labels", "-", "--rollout", "test", "--server", grpc];
  const child = spawn(process.execPath, args);
  child.stdin.end('{"id":"a","label":1}\n');
  let out = "";
  child.stdout.on("data", (chunk) => {
    out += chunk;
  });
  const [code] = await once(child, "close");
  assert.deepEqual([code, out], [0, "1 labels: 1 waiting\n"]);
});
