import { Action } from "./abi/enums";
import { configure, end, tick, wantsCollection } from "./plugin/lifecycle";
import { requestBody, requestHeaders } from "./plugin/request";
import { responseBody, responseHeaders, responseTrailers, streamEnded } from "./plugin/response";
import { addRoot, rootOf, rootOfExchange } from "./plugin/root";
import { completeShadow, shadowAnswered } from "./plugin/shadow";
import { closeExchange, exchangeOf, forgetContext, nowNs, openExchange } from "./plugin/world";

export { abort } from "./abi/abort";
export { malloc } from "./abi/memory";

/** What Envoy calls: proxy-wasm ABI 0.2.1. Every export is a crossing per stream, so there are few. */

/** How many of our callbacks are under way: the host may call one from within another. */
let depth: i32 = 0;

export function proxy_abi_version_0_2_1(): void {}

export function proxy_on_vm_start(context: u32, size: i32): i32 {
  return 1;
}

export function proxy_on_context_create(context: u32, parent: u32): void {
  if (parent === 0) {
    addRoot(context);
    return;
  }
  const root = rootOf(parent);
  if (root === null || exchangeOf(context) !== null) return;
  openExchange(parent, context);
  root.live++;
}

export function proxy_on_configure(context: u32, size: i32): i32 {
  addRoot(context);
  const root = rootOf(context);
  if (root === null) return 0;
  depth++;
  const taken = configure(root, size);
  depth--;
  return i32(taken);
}

export function proxy_on_tick(context: u32): void {
  const root = rootOf(context);
  if (root === null) return;
  depth++;
  tick(root);
  depth--;
  if (depth === 0 && wantsCollection()) __collect();
}

export function proxy_on_request_headers(context: u32, count: i32, endOfStream: i32): i32 {
  depth++;
  const exchange = exchangeOf(context);
  const root = rootOfExchange(exchange);
  requestHeaders(root, exchange, endOfStream !== 0);
  depth--;
  return Action.Continue;
}

export function proxy_on_request_body(context: u32, size: i32, endOfStream: i32): i32 {
  depth++;
  const exchange = exchangeOf(context);
  const root = rootOfExchange(exchange);
  if (exchange !== null && root !== null) requestBody(root, exchange, size, endOfStream !== 0);
  depth--;
  return Action.Continue;
}

export function proxy_on_request_trailers(context: u32, count: i32): i32 {
  depth++;
  const exchange = exchangeOf(context);
  const root = rootOfExchange(exchange);
  if (exchange !== null && root !== null) completeShadow(root, exchange);
  depth--;
  return Action.Continue;
}

export function proxy_on_response_headers(context: u32, count: i32, endOfStream: i32): i32 {
  depth++;
  const exchange = exchangeOf(context);
  const root = rootOfExchange(exchange);
  if (exchange !== null && root !== null) responseHeaders(root, exchange, endOfStream !== 0);
  depth--;
  return Action.Continue;
}

export function proxy_on_response_body(context: u32, size: i32, endOfStream: i32): i32 {
  depth++;
  const exchange = exchangeOf(context);
  const root = rootOfExchange(exchange);
  if (exchange !== null && root !== null) responseBody(root, exchange, size, endOfStream !== 0);
  depth--;
  return Action.Continue;
}

export function proxy_on_response_trailers(context: u32, count: i32): i32 {
  depth++;
  const exchange = exchangeOf(context);
  const root = rootOfExchange(exchange);
  if (exchange !== null && root !== null) responseTrailers(root, exchange);
  depth--;
  return Action.Continue;
}

export function proxy_on_http_call_response(
  context: u32,
  token: u32,
  headers: i32,
  bodySize: i32,
  trailers: i32,
): void {
  const root = rootOf(context);
  if (root === null) return;
  depth++;
  shadowAnswered(root, token, headers, bodySize);
  depth--;
}

export function proxy_on_grpc_receive(context: u32, token: u32, size: i32): void {
  const root = rootOf(context);
  if (root === null) return;
  depth++;
  root.stream.receive(token, size);
  depth--;
}

export function proxy_on_grpc_close(context: u32, token: u32, status: i32): void {
  const root = rootOf(context);
  if (root === null) return;
  depth++;
  root.stream.ended(token, nowNs() / 1_000_000);
  depth--;
}

export function proxy_on_done(context: u32): i32 {
  depth++;
  const root = rootOf(context);
  let done = true;
  if (root !== null) done = end(root);
  else endStream(context);
  depth--;
  return i32(done);
}

function endStream(context: u32): void {
  const exchange = exchangeOf(context);
  if (exchange === null) return;
  const root = rootOf(exchange.root);
  forgetContext(exchange);
  if (root !== null) streamEnded(root, exchange);
  else closeExchange(exchange);
}
