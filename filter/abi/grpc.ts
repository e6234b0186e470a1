import { Status } from "./enums";
import { proxy_grpc_cancel, proxy_grpc_close, proxy_grpc_send, proxy_grpc_stream } from "./env";

const tokenOut = memory.data(4);
const noMetadata = memory.data<u8>([0, 0, 0, 0]);

/**
 * Envoy's `GrpcService` with an `EnvoyGrpc` target. Never a bare cluster name: Envoy aborts on names
 * that happen to parse as a protobuf message. The authority is set because Envoy would send the
 * cluster's name, and HTTP/2 servers refuse the "|" in Istio's.
 */
export function grpcService(cluster: StaticArray<u8>, authority: StaticArray<u8>): StaticArray<u8> {
  const inner = fieldSize(cluster.length) + fieldSize(authority.length);
  const out = new StaticArray<u8>(fieldSize(inner));
  let at = writeHead(out, 0, 0x0a, inner);
  at = writeText(out, at, 0x0a, cluster);
  writeText(out, at, 0x12, authority);
  return out;
}

/** Opens a bidirectional stream. Returns its token, or 0 when the host refused. */
export function openStream(
  service: StaticArray<u8>,
  serviceName: StaticArray<u8>,
  method: StaticArray<u8>,
): u32 {
  store<u32>(tokenOut, 0);
  const status = proxy_grpc_stream(
    changetype<usize>(service),
    service.length,
    changetype<usize>(serviceName),
    serviceName.length,
    changetype<usize>(method),
    method.length,
    noMetadata,
    4,
    tokenOut,
  );
  return status === Status.Ok ? load<u32>(tokenOut) : 0;
}

/** Sends one message. Returns whether the host took it; it may still be lost with the stream. */
export function sendMessage(token: u32, message: StaticArray<u8>, size: i32): bool {
  return proxy_grpc_send(token, changetype<usize>(message), size, 0) === Status.Ok;
}

/** Ends our side of a stream. */
export function closeStream(token: u32): void {
  proxy_grpc_close(token);
}

/** Resets a stream; no callback follows. */
export function cancelStream(token: u32): void {
  proxy_grpc_cancel(token);
}

function varintSize(value: i32): i32 {
  let size = 1;
  for (let rest = u32(value) >> 7; rest > 0; rest >>= 7) size++;
  return size;
}

function fieldSize(length: i32): i32 {
  return 1 + varintSize(length) + length;
}

function writeHead(out: StaticArray<u8>, start: i32, tag: u8, length: i32): i32 {
  let at = start;
  out[at++] = tag;
  let rest = u32(length);
  while (rest > 0x7f) {
    out[at++] = u8((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  out[at++] = u8(rest);
  return at;
}

function writeText(out: StaticArray<u8>, start: i32, tag: u8, text: StaticArray<u8>): i32 {
  const at = writeHead(out, start, tag, text.length);
  memory.copy(changetype<usize>(out) + usize(at), changetype<usize>(text), usize(text.length));
  return at + text.length;
}
