import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  configOf,
  greet,
  headersOf,
  openStream,
  stage,
  trafficOf,
} from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";
import { WasmHost } from "../support/wasmHost.ts";

/** A trap is a thrown WebAssembly.RuntimeError: each law here holds if nothing is thrown. */

const bytes = fc.uint8Array({ maxLength: 400 });
const text = fc.string({ unit: "binary-ascii", maxLength: 60 });
const name = fc.oneof(
  text,
  fc.constantFrom(":path", ":method", ":authority", "cookie", "upgrade", "content-type"),
  fc.constantFrom("x-understudy-variant", "x-understudy-override", "x-user", "x-request-id"),
);
const header = fc.tuple(name, text);

function survives(host: WasmHost): void {
  const id = host.request(1, headersOf("u1"));
  host.answer(id, 200, "ok");
  host.tick(1);
}

test("any bytes as configuration are refused without a trap", () => {
  fc.assert(
    fc.property(bytes, (given) => {
      assert.equal(new WasmHost().configure(Buffer.from(given)), 0);
    }),
    { numRuns: 200 },
  );
});

test("any bytes as a sidecar's message are survived", () => {
  const host = stage(configOf(), trafficOf());
  fc.assert(
    fc.property(bytes, (given) => {
      host.receive(openStream(host), given);
      survives(host);
    }),
    { numRuns: 500 },
  );
});

test("any headers of request and answer are survived", () => {
  const host = stage(configOf({ match: {}, sticky: { cookie: { name: "a" } } }), trafficOf());
  const headers = fc.array(header, { maxLength: 40 });
  fc.assert(
    fc.property(headers, headers, (request: Header[], response: Header[]) => {
      const id = host.request(1, request, true);
      host.responseHeaders(id, response, true);
      host.end(id);
      for (const token of [...host.calls.keys()]) host.answerCall(token, response);
      survives(host);
    }),
    { numRuns: 1000 },
  );
});

type Step = (host: WasmHost, ids: number[]) => void;

const size = fc.integer({ min: 0, max: 3000 });
const at = fc.nat({ max: 8 });
const flag = fc.boolean();
const known = (ids: number[], i: number): number => ids[i % Math.max(1, ids.length)] ?? 99;
const alive = (host: WasmHost, id: number): boolean => host.http.has(id);
const onStream = (act: (host: WasmHost, id: number) => void, i: number): Step => {
  return (host, ids) => {
    const id = known(ids, i);
    if (alive(host, id)) act(host, id);
  };
};

const step: fc.Arbitrary<Step> = fc.oneof(
  flag.map(
    (ended): Step =>
      (host, ids) =>
        ids.push(host.request(1, headersOf("u1"), ended)),
  ),
  fc
    .tuple(at, size, flag)
    .map(([i, n, ended]) =>
      onStream((host, id) => host.requestBody(id, Buffer.alloc(n), ended), i),
    ),
  at.map((i) => onStream((host, id) => host.requestTrailers(id), i)),
  fc
    .tuple(at, flag)
    .map(([i, ended]) =>
      onStream((host, id) => host.responseHeaders(id, [[":status", "200"]], ended), i),
    ),
  fc
    .tuple(at, size, flag)
    .map(([i, n, ended]) =>
      onStream((host, id) => host.responseBody(id, Buffer.alloc(n), ended), i),
    ),
  at.map((i) => onStream((host, id) => host.responseTrailers(id), i)),
  at.map((i) => onStream((host, id) => host.end(id), i)),
  fc.tuple(at, size).map(
    ([i, n]): Step =>
      (host) => {
        const token = [...host.calls.keys()][i] ?? 12_345;
        host.answerCall(token, i % 2 === 0 ? [[":status", "200"]] : [], Buffer.alloc(n));
      },
  ),
  fc.integer({ min: 0, max: 20_000 }).map(
    (ms): Step =>
      (host) =>
        host.tick(1, ms),
  ),
  fc.constant<Step>((host) => host.closeStream(openStream(host))),
  fc.constant<Step>((host) => greet(host, trafficOf())),
  fc.constant<Step>(
    (host) => void host.reconfigure(1, configOf({ requestTimeoutMs: 500, shadow: {} })),
  ),
  bytes.map(
    (given): Step =>
      (host) =>
        host.receive(openStream(host), given),
  ),
);

test("callbacks in any order are survived", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), flag, (steps, ticksSoon) => {
      const host = stage(configOf({ requestTimeoutMs: 2000 }), trafficOf());
      host.ticksSoon = ticksSoon;
      const ids: number[] = [];
      for (const act of steps) act(host, ids);
      survives(host);
    }),
    { numRuns: 400 },
  );
});
