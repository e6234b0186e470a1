import { indexOf, lower, spells, startsWith, utf8 } from "./bytes";
import { Headers, RequestHead } from "./headers";

/** How a path pattern is meant. */
export enum PathKind {
  Prefix = 0,
  Exact = 1,
  Template = 2,
}

const SLASH: u8 = 0x2f;

/** Matches a path without its query, byte by byte. */
export class PathPattern {
  readonly kind: PathKind;
  readonly text: string;
  /** Whether it is about unary calls in gRPC, and about nothing else. */
  grpc: bool = false;
  private readonly bytes: StaticArray<u8>;

  /** A template's `{name}` stands for one segment that is not empty. */
  constructor(kind: PathKind, text: string) {
    this.kind = kind;
    this.text = text;
    this.bytes = utf8(text);
  }

  matches(path: StaticArray<u8>, start: i32, end: i32): bool {
    if (this.kind === PathKind.Prefix) return startsWith(path, start, end, this.bytes);
    if (this.kind === PathKind.Exact) return spells(path, start, end, this.bytes);
    return this.matchesTemplate(path, start, end);
  }

  private matchesTemplate(path: StaticArray<u8>, start: i32, end: i32): bool {
    const pattern = this.bytes;
    let at = start;
    let i = 0;
    while (i < pattern.length) {
      if (unchecked(pattern[i]) !== 0x7b) {
        if (at >= end || unchecked(path[at]) !== unchecked(pattern[i])) return false;
        at++;
        i++;
        continue;
      }
      const segmentEnd = indexOf(path, at, end, SLASH);
      if (segmentEnd === at) return false;
      at = segmentEnd;
      i = indexOf(pattern, i, pattern.length, 0x7d) + 1;
    }
    return at === end;
  }
}

/** Matches a host without its port, in any case: a name, or `*.` and what it must end in. */
export class HostPattern {
  readonly text: string;
  private readonly bytes: StaticArray<u8>;
  private readonly suffix: bool;

  /** `text` is lower case. */
  constructor(text: string) {
    const suffix = text.startsWith("*.");
    this.text = text;
    this.suffix = suffix;
    this.bytes = utf8(suffix ? text.substring(1) : text);
  }

  matches(host: StaticArray<u8>, start: i32, end: i32): bool {
    const hostEnd = withoutPort(host, start, end);
    const length = this.bytes.length;
    const size = hostEnd - start;
    if (this.suffix ? size <= length : size !== length) return false;
    const from = hostEnd - length;
    for (let i = 0; i < length; i++) {
      if (lower(unchecked(host[from + i])) !== unchecked(this.bytes[i])) return false;
    }
    return true;
  }
}

/** A header that must have this value. */
export class HeaderMatch {
  readonly name: string;
  readonly value: string;
  private readonly nameBytes: StaticArray<u8>;
  private readonly valueBytes: StaticArray<u8>;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
    this.nameBytes = utf8(name);
    this.valueBytes = utf8(value);
  }

  /** Every header of the name is looked at; one with the value is enough. */
  matches(headers: Headers): bool {
    for (let i = headers.find(this.nameBytes); i >= 0; i = headers.find(this.nameBytes, i + 1)) {
      if (headers.isValue(i, this.valueBytes)) return true;
    }
    return false;
  }
}

/** Which requests a rollout is about. */
export class Match {
  host: HostPattern | null = null;
  path: PathPattern | null = null;
  headers: HeaderMatch[] = [];

  matches(headers: Headers, head: RequestHead): bool {
    if (!this.matchesHost(headers, head.authority)) return false;
    if (!this.matchesPath(headers, head)) return false;
    for (let k = 0; k < this.headers.length; k++) {
      if (!unchecked(this.headers[k]).matches(headers)) return false;
    }
    return true;
  }

  private matchesHost(headers: Headers, i: i32): bool {
    const host = this.host;
    if (host === null) return true;
    return i >= 0 && host.matches(headers.bytes, headers.valueStart(i), headers.valueEnd(i));
  }

  private matchesPath(headers: Headers, head: RequestHead): bool {
    const path = this.path;
    if (path === null) return true;
    if (head.path < 0) return false;
    const start = headers.valueStart(head.path);
    return path.matches(headers.bytes, start, head.pathEnd);
  }
}

/** Where a host ends and its port begins; an IPv6 address keeps its brackets. */
function withoutPort(host: StaticArray<u8>, start: i32, end: i32): i32 {
  for (let i = end - 1; i >= start; i--) {
    const byte = unchecked(host[i]);
    if (byte === 0x3a) return i;
    if (byte < 0x30 || byte > 0x39) return end;
  }
  return end;
}
