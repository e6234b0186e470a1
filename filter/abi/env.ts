/**
 * Host functions of proxy-wasm ABI 0.2.1. The file's name is the import module, "env".
 * All return a `Status`; pointers and sizes are bytes of linear memory.
 */

export declare function proxy_log(level: i32, text: usize, size: i32): i32;

export declare function proxy_set_tick_period_milliseconds(period: u32): i32;

export declare function proxy_get_buffer_bytes(
  kind: i32,
  start: i32,
  length: i32,
  outBytes: usize,
  outSize: usize,
): i32;

export declare function proxy_get_header_map_pairs(map: i32, outBytes: usize, outSize: usize): i32;

export declare function proxy_add_header_map_value(
  map: i32,
  name: usize,
  nameSize: i32,
  value: usize,
  valueSize: i32,
): i32;

export declare function proxy_replace_header_map_value(
  map: i32,
  name: usize,
  nameSize: i32,
  value: usize,
  valueSize: i32,
): i32;

export declare function proxy_remove_header_map_value(map: i32, name: usize, nameSize: i32): i32;

export declare function proxy_get_property(
  path: usize,
  pathSize: i32,
  outBytes: usize,
  outSize: usize,
): i32;

export declare function proxy_get_shared_data(
  key: usize,
  keySize: i32,
  outBytes: usize,
  outSize: usize,
  outCas: usize,
): i32;

export declare function proxy_set_shared_data(
  key: usize,
  keySize: i32,
  value: usize,
  valueSize: i32,
  cas: u32,
): i32;

export declare function proxy_define_metric(
  kind: i32,
  name: usize,
  nameSize: i32,
  outId: usize,
): i32;

export declare function proxy_increment_metric(id: u32, offset: i64): i32;

export declare function proxy_http_call(
  cluster: usize,
  clusterSize: i32,
  headers: usize,
  headersSize: i32,
  body: usize,
  bodySize: i32,
  trailers: usize,
  trailersSize: i32,
  timeoutMs: u32,
  outToken: usize,
): i32;

export declare function proxy_grpc_stream(
  service: usize,
  serviceSize: i32,
  serviceName: usize,
  serviceNameSize: i32,
  method: usize,
  methodSize: i32,
  metadata: usize,
  metadataSize: i32,
  outToken: usize,
): i32;

export declare function proxy_grpc_send(
  token: u32,
  message: usize,
  messageSize: i32,
  endStream: i32,
): i32;

export declare function proxy_grpc_close(token: u32): i32;

export declare function proxy_grpc_cancel(token: u32): i32;

export declare function proxy_set_effective_context(context: u32): i32;

export declare function proxy_done(): i32;
