import { createHash } from "node:crypto";
import { understudy } from "#proto";
import { startProblems } from "../../sidecar/core/drift/problemLog.ts";
import type { ReferenceProfile } from "../../sidecar/core/drift/profile.ts";
import { addBatch, finishProfile, startProfile } from "../../sidecar/core/drift/profileBuilder.ts";
import { numbersOf } from "../../sidecar/core/drift/table.ts";
import { seededRandom } from "../load/random.ts";
import type { WireBatch } from "./wire.ts";

const { FilterMessage } = understudy.v1;

const NUMBERS = 8;
const WARDS: readonly string[] = ["north", "south", "east", "west"];
const CATEGORIES: readonly string[] = ["ward", "sex", "insurance"];
/** What a request has beside its features, to be of about 600 bytes. */
const NOTE: string =
  "seen at the practice before and sent on with all that is known of the case. ".repeat(3);
const REFERENCE_ROWS = 10_000;

type Patient = Readonly<Record<string, string | number>>;

/** Where a request has its features: eleven of them. */
export const FEATURES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(patientOf(seededRandom(1))).map((name) => [name, `$.inputs[0].data[0].${name}`]),
);

/** The same batches, with what was asked: about 600 bytes of JSON with eleven features of a patient. */
export function withRequests(batches: readonly WireBatch[]): readonly WireBatch[] {
  const random = seededRandom(12);
  return batches.map(({ bytes, nowMs }) => {
    const message = FilterMessage.decode(bytes);
    for (const observation of message.batch?.observations ?? []) {
      const body = requestOf(random);
      observation.request = { contentType: "application/json", body, bodyBytes: body.length };
    }
    return { bytes: FilterMessage.encode(message).finish(), nowMs };
  });
}

/** What the patients of these requests are like: a profile of 10,000 more. */
export async function patientProfile(): Promise<ReferenceProfile> {
  const random = seededRandom(13);
  const rows = Array.from({ length: REFERENCE_ROWS }, () => patientOf(random));
  const names = Object.keys(FEATURES);
  const columns = names.map((name) => rows.map((row) => row[name]));
  const wishes = { types: new Map(), ignored: new Set<string>(), predictions: new Set<string>() };
  const builder = startProfile({ ...wishes, paths: new Map(), seed: 1 }, startProblems());
  await addBatch(builder, {
    columns: names,
    firstRow: 1,
    rows: rows.length,
    read: (column) => Promise.resolve(columns[column] ?? []),
    readNumbers: (column) => Promise.resolve(numbersOf(columns[column] ?? [])),
  });
  return finishProfile(builder, (text) => createHash("sha256").update(text).digest("hex"));
}

function requestOf(random: () => number): Buffer {
  const data = [patientOf(random)];
  const inputs = [{ name: "patient", datatype: "BYTES", shape: [1], data }];
  return Buffer.from(JSON.stringify({ model_name: "patient-risk", inputs, note: NOTE }));
}

function patientOf(random: () => number): Patient {
  const numbers = Array.from({ length: NUMBERS }, (_, index): [string, number] => [
    `measure${index}`,
    Number((random() * 10 ** (index % 3)).toFixed(3)),
  ]);
  const words = CATEGORIES.map((name): [string, string] => [
    name,
    WARDS[Math.floor(random() * WARDS.length)] ?? "",
  ]);
  return Object.fromEntries([...numbers, ...words]);
}
