/** Result of a host function: everything but `Ok` means that nothing was done. */
export enum Status {
  Ok = 0,
  NotFound = 1,
  CasMismatch = 8,
}

/** Header maps the host can read and write. */
export enum HeaderMap {
  RequestHeaders = 0,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
  HttpCallResponseHeaders = 6,
  HttpCallResponseTrailers = 7,
}

/** Byte buffers the host can read. */
export enum Buffer {
  RequestBody = 0,
  ResponseBody = 1,
  HttpCallResponseBody = 4,
  GrpcReceive = 5,
  PluginConfiguration = 7,
}

/** Severity of a line in Envoy's log. */
export enum LogLevel {
  Info = 2,
  Warn = 3,
  Error = 4,
  Critical = 5,
}

/** What a callback on headers, a body or trailers returns: the filter never holds a stream. */
export enum Action {
  Continue = 0,
}

/** The clocks of WASI. */
export enum Clock {
  Realtime = 0,
  Monotonic = 1,
}
