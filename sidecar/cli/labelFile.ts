import { startProblems } from "../core/drift/problemLog.ts";
import type { Label } from "../core/performance/prediction.ts";
import { readCsv } from "../formats/csv.ts";
import { parseLabels } from "../server/labelCodec.ts";

/** A label as a file has it, or why it can't be read; places are counted from 1. */
export type LabelRow =
  | { readonly kind: "label"; readonly place: number; readonly label: Label }
  | { readonly kind: "problem"; readonly place: number; readonly problem: string };

/** Of a file that is read as a whole. */
const JSON_BYTES_MAX: number = 256 << 20;
const HEAD_BYTES_MAX: number = 64 << 10;
const LINE_CHARACTERS_MAX = 64_000;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Reads labels piece by piece: CSV with the columns id and label (and rollout), JSON lines, or JSON, told by how the text begins. `rollout`
 * names the rollout of labels that don't. A cell of CSV that is written as a number in JSON is one. Throws an Error for a file that is none of these.
 */
export async function* readLabels(
  source: AsyncIterable<Buffer>,
  rollout: string | undefined,
): AsyncGenerator<LabelRow> {
  const { head, all } = await peek(source);
  const rows = readerOf(head)(all);
  for await (const row of rows) {
    yield row.kind === "label" && row.label.rollout === "" && rollout !== undefined
      ? { ...row, label: { ...row.label, rollout } }
      : row;
  }
}

type Reader = (source: AsyncIterable<Buffer>) => AsyncGenerator<LabelRow>;

function readerOf(head: string): Reader {
  const text = head.trimStart();
  if (text.startsWith("[")) {
    return readJson;
  }
  if (!text.startsWith("{")) {
    return readTable;
  }
  const line = text.split("\n", 1)[0] ?? "";
  return parseLabels(line, "json").kind === "labels" || !isJson(line) ? readJson : readLines;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The first line, or what there is of it, and the whole again. */
async function peek(
  source: AsyncIterable<Buffer>,
): Promise<{ readonly head: string; readonly all: AsyncIterable<Buffer> }> {
  const pieces = source[Symbol.asyncIterator]();
  let [head, isOver] = [Buffer.alloc(0), false];
  while (!isOver && head.length < HEAD_BYTES_MAX && !/\S[^\n]*\n/.test(head.toString("latin1"))) {
    const { value, done = false } = await pieces.next();
    isOver = done;
    head = done ? head : Buffer.concat([head, value]);
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
      yield next.value;
    }
  };
  return { head: head.toString("utf8"), all: all() };
}

async function* readJson(source: AsyncIterable<Buffer>): AsyncGenerator<LabelRow> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > JSON_BYTES_MAX) {
      throw new Error(`more than ${JSON_BYTES_MAX} bytes of JSON: use JSON lines or CSV`);
    }
    pieces.push(piece);
  }
  const parsed = parseLabels(Buffer.concat(pieces).toString("utf8"), "json");
  if (parsed.kind === "problem") {
    throw new Error(parsed.problem);
  }
  yield* parsed.labels.map((label, index) => ({ kind: "label" as const, place: index + 1, label }));
}

async function* readLines(source: AsyncIterable<Buffer>): AsyncGenerator<LabelRow> {
  const decoder = new TextDecoder();
  let [rest, place] = ["", 0];
  for await (const piece of source) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_CHARACTERS_MAX + 1);
    for (const line of lines) {
      place += 1;
      yield* readLine(line, place);
    }
  }
  yield* readLine(rest, place + 1);
}

function* readLine(line: string, place: number): Generator<LabelRow> {
  if (line.trim() === "") {
    return;
  }
  const parsed =
    line.length > LINE_CHARACTERS_MAX
      ? undefined
      : parseLabels(line.replace(/^\ufeff/, ""), "jsonLines");
  const label = parsed?.kind === "labels" ? parsed.labels[0] : undefined;
  yield label === undefined
    ? { kind: "problem", place, problem: 'not a label: {"id": ..., "label": ...}' }
    : { kind: "label", place, label };
}

async function* readTable(source: AsyncIterable<Buffer>): AsyncGenerator<LabelRow> {
  const problems = startProblems();
  for await (const batch of readCsv(source, { problems })) {
    const [rollouts, ids, labels] = await Promise.all(
      ["rollout", "id", "label"].map((name) => {
        const column = batch.columns.indexOf(name);
        if (column < 0 && name !== "rollout") {
          throw new Error(`columns: ${batch.columns.join(", ")}: id and label are needed`);
        }
        return column < 0 ? [] : batch.read(column);
      }),
    );
    for (let row = 0; row < batch.rows; row += 1) {
      const label = String(labels?.[row] ?? "");
      yield {
        kind: "label",
        place: batch.firstRow + row,
        label: {
          rollout: String(rollouts?.[row] ?? ""),
          id: String(ids?.[row] ?? ""),
          label: NUMBER.test(label) ? Number(label) : label,
        },
      };
    }
  }
  for (const { kind, row, what } of problems.listed) {
    yield { kind: "problem", place: row ?? 0, problem: `${kind}: ${what}` };
  }
}
