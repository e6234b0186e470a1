import { copyBytes, indexOf, spells, utf8 } from "./bytes";
import { COOKIE, Headers, RequestHead } from "./headers";

/** What makes requests be of one user. */
export enum StickyKind {
  RequestId = 0,
  Header = 1,
  Cookie = 2,
}

/** Most bytes of one cookie header that are looked at. */
const COOKIE_BYTES_MAX: i32 = 16 * 1024;

/** Length of "; Secure". */
const SECURE_BYTES: i32 = 8;
/** Longest Set-Cookie header. */
export const SET_COOKIE_BYTES_MAX: i32 = 1024;

const SEMICOLON: u8 = 0x3b;
const EQUALS: u8 = 0x3d;
const SPACE: u8 = 0x20;
const QUOTE: u8 = 0x22;

/** Where the sticky key comes from. */
export class Sticky {
  kind: StickyKind = StickyKind.RequestId;
  /** Name of the header or the cookie. */
  name: string = "";
  /** For a cookie that is issued when absent. */
  ttlSeconds: i32 = 0;
  path: string = "/";
  private nameBytes: StaticArray<u8> = new StaticArray<u8>(0);
  private beforeKey: StaticArray<u8> = new StaticArray<u8>(0);
  private afterKey: StaticArray<u8> = new StaticArray<u8>(0);

  /** Makes the bytes of what was set. */
  seal(): void {
    this.nameBytes = utf8(this.name);
    this.beforeKey = utf8(`${this.name}=`);
    const life = `; Max-Age=${this.ttlSeconds.toString()}`;
    this.afterKey = utf8(`; Path=${this.path}${life}; HttpOnly; SameSite=Lax; Secure`);
  }

  /** Finds the configured key in the headers; an empty one counts as absent. */
  find(headers: Headers, found: Found): bool {
    if (this.kind === StickyKind.Header) {
      return found.value(headers, headers.find(this.nameBytes));
    }
    if (this.kind === StickyKind.Cookie) return this.findCookie(headers, found);
    return false;
  }

  /** The request id, for requests without a key of their own. */
  findRequestId(headers: Headers, head: RequestHead, found: Found): bool {
    return found.value(headers, head.requestId);
  }

  /** Writes the answer's Set-Cookie header for a fresh key; returns its length. */
  issue(key: StaticArray<u8>, https: bool, out: StaticArray<u8>): i32 {
    const after = this.afterKey.length - (https ? 0 : SECURE_BYTES);
    const length = this.beforeKey.length + key.length + after;
    if (length > out.length) return 0;
    copyBytes(this.beforeKey, 0, out, 0, this.beforeKey.length);
    copyBytes(key, 0, out, this.beforeKey.length, key.length);
    copyBytes(this.afterKey, 0, out, this.beforeKey.length + key.length, after);
    return length;
  }

  private findCookie(headers: Headers, found: Found): bool {
    for (let i = headers.find(COOKIE); i >= 0; i = headers.find(COOKIE, i + 1)) {
      const start = headers.valueStart(i);
      const end = min(headers.valueEnd(i), start + COOKIE_BYTES_MAX);
      if (findCookieValue(headers.bytes, start, end, this.nameBytes, found)) return true;
    }
    return false;
  }
}

/** A place in the request's headers. */
export class Found {
  start: i32 = 0;
  end: i32 = 0;

  /** Takes the value of header `i`; false when there is none or it is empty. */
  value(headers: Headers, i: i32): bool {
    if (i < 0) return false;
    this.start = headers.valueStart(i);
    this.end = headers.valueEnd(i);
    return this.end > this.start;
  }
}

/** Finds the first cookie of a name that has a value, in a Cookie header (RFC 6265, section 5.4). */
export function findCookieValue(
  bytes: StaticArray<u8>,
  start: i32,
  end: i32,
  name: StaticArray<u8>,
  found: Found,
): bool {
  let at = start;
  while (at < end) {
    const next = indexOf(bytes, at, end, SEMICOLON);
    while (at < next && unchecked(bytes[at]) === SPACE) at++;
    const equals = indexOf(bytes, at, next, EQUALS);
    if (equals < next && spells(bytes, at, equals, name)) {
      found.start = equals + 1;
      found.end = next;
      trim(bytes, found);
      if (found.end > found.start) return true;
    }
    at = next + 1;
  }
  return false;
}

function trim(bytes: StaticArray<u8>, found: Found): void {
  while (found.end > found.start && unchecked(bytes[found.end - 1]) === SPACE) found.end--;
  const quoted =
    found.end - found.start >= 2 &&
    unchecked(bytes[found.start]) === QUOTE &&
    unchecked(bytes[found.end - 1]) === QUOTE;
  if (quoted) {
    found.start++;
    found.end--;
  }
}
