import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Call, HttpStream } from "./hostTypes.ts";
import type { Header } from "./pairs.ts";
import { HostState } from "./wasmState.ts";

const SOON_MS = 10;

/** The module as shipped, compiled once. */
export const filterModule: WebAssembly.Module = new WebAssembly.Module(
  readFileSync(new URL("../../build/filter.wasm", import.meta.url)),
);

/**
 * An Envoy worker as the filter sees it: keeps headers, bodies, calls, streams, metrics and shared
 * data, and hands them to the shipped module. Tests look at what is there, not at which calls were made.
 */
export class WasmHost extends HostState {
  /** Whether a root that wants to tick within milliseconds does so after each part of a request, as in an Envoy that has nothing else to do. */
  ticksSoon = true;

  constructor(shared: HostState["shared"] = new Map()) {
    super(shared);
    const { exports } = new WebAssembly.Instance(filterModule, this.imports());
    this.linear = exports.memory as WebAssembly.Memory;
    this.exports = exports as HostState["exports"];
    this.call("_initialize");
  }

  /** Makes a root context and configures it; its id, or 0 when the configuration was refused. */
  configure(config: unknown): number {
    const root = this.newContext(0);
    return this.reconfigure(root, config) ? root : 0;
  }

  /** Configures a root context (again). */
  reconfigure(root: number, config: unknown): boolean {
    const bytes = Buffer.isBuffer(config) ? config : Buffer.from(JSON.stringify(config));
    this.buffers.set(7, bytes);
    return this.enter(root, "proxy_on_configure", bytes.length) === 1;
  }

  /** Makes a context of a root, or a root with parent 0; its id. */
  newContext(parent: number): number {
    const id = this.nextContext++;
    if (parent !== 0) this.parents.set(id, parent);
    this.http.set(id, {
      requestHeaders: [],
      responseHeaders: [],
      responseTrailers: [],
      codeDetails: "via_upstream",
    });
    this.enter(id, "proxy_on_context_create", parent);
    return id;
  }

  /** A request's headers come; the id of its stream. */
  request(root: number, headers: readonly Header[], ended = true): number {
    const id = this.newContext(root);
    this.stream(id).requestHeaders = [...headers];
    const action = this.enter(id, "proxy_on_request_headers", headers.length, Number(ended));
    assert.equal(action, 0, "the filter never holds a request");
    this.#tickSoon();
    return id;
  }

  requestBody(id: number, body: Buffer, ended: boolean): void {
    this.buffers.set(0, body);
    assert.equal(this.enter(id, "proxy_on_request_body", body.length, Number(ended)), 0);
    this.#tickSoon();
  }

  requestTrailers(id: number): void {
    assert.equal(this.enter(id, "proxy_on_request_trailers", 1), 0);
    this.#tickSoon();
  }

  responseHeaders(id: number, headers: readonly Header[], ended = false): void {
    this.stream(id).responseHeaders = [...headers];
    const action = this.enter(id, "proxy_on_response_headers", headers.length, Number(ended));
    assert.equal(action, 0, "the filter never holds an answer");
  }

  responseBody(id: number, body: Buffer, ended: boolean): void {
    this.buffers.set(1, body);
    assert.equal(this.enter(id, "proxy_on_response_body", body.length, Number(ended)), 0);
  }

  responseTrailers(id: number, trailers: readonly Header[] = []): void {
    this.stream(id).responseTrailers = [...trailers];
    assert.equal(this.enter(id, "proxy_on_response_trailers", trailers.length), 0);
  }

  /** The user's whole answer, and the end of the stream. */
  answer(id: number, status: number, body: string): void {
    this.responseHeaders(id, [
      [":status", `${status}`],
      ["content-type", "text/plain"],
    ]);
    this.responseBody(id, Buffer.from(body), true);
    this.end(id);
  }

  /** A context ends; whether the filter agrees that it may go. */
  end(id: number): boolean {
    const agreed = this.enter(id, "proxy_on_done") === 1;
    if (agreed) this.http.delete(id);
    return agreed;
  }

  /** Answers a request the filter sent; without headers it failed. */
  answerCall(
    token: number,
    headers: readonly Header[],
    body: Buffer = Buffer.alloc(0),
    trailers: readonly Header[] = [],
  ): void {
    const call = this.calls.get(token);
    this.calls.delete(token);
    this.callHeaders = [...headers];
    this.callTrailers = [...trailers];
    this.buffers.set(4, body);
    const root = call?.root ?? 1;
    this.enter(
      root,
      "proxy_on_http_call_response",
      token,
      headers.length,
      body.length,
      trailers.length,
    );
  }

  /** The sidecar sends bytes on a stream. */
  receive(token: number, bytes: Uint8Array): void {
    this.buffers.set(5, Buffer.from(bytes));
    this.enter(this.streams.get(token)?.root ?? 1, "proxy_on_grpc_receive", token, bytes.length);
  }

  closeStream(token: number, status = 14): void {
    const stream = this.streams.get(token);
    if (stream !== undefined) stream.open = false;
    this.enter(stream?.root ?? 1, "proxy_on_grpc_close", token, status);
  }

  /** Time passes, and the root ticks. */
  tick(root: number, passedMs = 50): void {
    this.nowNs += BigInt(passedMs) * 1_000_000n;
    this.enter(root, "proxy_on_tick");
  }

  #tickSoon(): void {
    for (const [root, periodMs] of this.periodsMs) {
      if (this.ticksSoon && periodMs < SOON_MS) {
        this.tick(root, 0);
      }
    }
  }

  /** Calls an export as a context, as the host would. */
  enter(context: number, name: string, ...args: number[]): number | undefined {
    const before = this.context;
    this.context = context;
    const out = this.call(name, context, ...args);
    this.context = before;
    return out;
  }

  counter(name: string): number {
    return this.counters.get(`understudy.${name}`) ?? 0;
  }

  stream(id: number): HttpStream {
    const stream = this.http.get(id);
    assert.ok(stream, `no stream ${id}`);
    return stream;
  }

  /** The one request under way that the filter sent. */
  onlyCall(): readonly [token: number, call: Call] {
    const [entry, ...more] = this.calls;
    assert.ok(entry !== undefined && more.length === 0, `${this.calls.size} calls`);
    return entry;
  }
}
