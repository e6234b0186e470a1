import assert from "node:assert/strict";
import type { Client, Sent } from "./client.ts";
import { USER_HEADER } from "./filterConfig.ts";
import { type Random, seeded } from "./random.ts";
import type { RealSidecar } from "./realSidecar.ts";
import type { Answering } from "./upstream.ts";

/** A patient whose risk is asked for; the one truth is that those above 50 are ill. */
export type Patient = { readonly id: string; readonly age: number; readonly ward: string };

/** Ages from 20 to 80, and more when all have become older; two wards. */
export function patientOf(random: Random, id: string, older = 0): Patient {
  const age = 20 + Math.floor(60 * random.next()) + older;
  return { id, age, ward: random.next() < 0.5 ? "a" : "b" };
}

/** What is true of a patient, as a label. */
export function truthOf({ age }: Patient): number {
  return age > 50 ? 1 : 0;
}

/** Answers with the truth of the patient in the request, but for one in so many, of whom it says the opposite. */
export function diagnosing(wrongEvery: number): Answering {
  let asked = 0;
  return ({ body }, response) => {
    asked += 1;
    const age = /"age":(\d+)/.exec(body.toString("latin1"))?.[1] ?? 0;
    const isIll = Number(age) > 50 === (asked % wrongEvery !== 0);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ label: isIll ? 1 : 0 }));
  };
}

/** A request for a patient, as JSON of known length, with an id of its own for those who join by that. */
export function asked(patient: Patient): Sent {
  const headers = { [USER_HEADER]: patient.id, "x-request-id": `header-${patient.id}` };
  return { headers, body: JSON.stringify(patient) };
}

/** Patients who are asked for all the time, a hundred at a time, until they are sent home. */
export type Ward = {
  /** What went wrong for users. */
  readonly failed: readonly string[];
  /** Everybody asked for so far. */
  readonly seen: readonly Patient[];
  /** How much older all are from now on. */
  older: number;
  readonly leave: () => Promise<void>;
};

/** Opens one; after each hundred, `then` is told of them. */
export function openWard(
  users: Client,
  then: (patients: readonly Patient[]) => Promise<void>,
): Ward {
  const random = seeded(1);
  const failed: string[] = [];
  const seen: Patient[] = [];
  let isOver = false;
  const ward = { failed, seen, older: 0 };
  const round = async (): Promise<void> => {
    const patients = Array.from({ length: 100 }, (_, index) =>
      patientOf(random, `p${seen.length + index}`, ward.older),
    );
    const got = await users.sendAll(patients.map(asked));
    failed.push(...got.filter(({ status }) => status !== 200).map(({ body }) => body));
    seen.push(...patients);
    await then(patients);
  };
  const rounds = (async () => {
    while (!isOver) {
      await round();
    }
  })();
  rounds.catch((error: unknown) => failed.push(String(error)));
  return Object.assign(ward, {
    leave: async () => {
      isOver = true;
      await rounds;
    },
  });
}

/** Sends the truth about patients to the sidecar's HTTP port, under the ids that are made of theirs. */
export async function sendLabels(
  { httpPort }: RealSidecar,
  rollout: string,
  labels: readonly { readonly id: string; readonly label: number }[],
): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${httpPort}/v1/labels`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: labels.map((label) => JSON.stringify({ rollout, ...label })).join("\n"),
  });
  assert.equal(response.status, 200);
}
