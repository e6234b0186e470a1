import { Fields, quoted } from "./fields";
import { Sticky, StickyKind } from "./sticky";
import { isCookieName, isHeaderName, isPrintable } from "./words";

const TTL_SECONDS_MAX: i32 = 365 * 24 * 3600;
const TTL_SECONDS: i32 = 30 * 24 * 3600;

/** Reads where the sticky key comes from; the request id when nothing is said. */
export function parseSticky(fields: Fields | null, out: Sticky): void {
  if (fields === null) return;
  const header = fields.has("header");
  const cookie = fields.has("cookie");
  const requestId = fields.has("requestId");
  if (i32(header) + i32(cookie) + i32(requestId) !== 1) {
    fields.report("", "not exactly one source", "one of header, cookie, requestId");
  }
  const headerName = fields.text("header", "");
  const cookieFields = fields.object("cookie");
  if (!fields.flag("requestId", true)) fields.report("requestId", "false", "true");
  fields.close();
  if (header) readHeader(fields, headerName, out);
  else if (cookieFields !== null) readCookie(cookieFields, out);
  out.seal();
}

function readHeader(fields: Fields, name: string, out: Sticky): void {
  if (!isHeaderName(name) || name.startsWith("x-understudy-")) {
    fields.report("header", quoted(name), "a header's name in lower case, none of ours");
  }
  out.kind = StickyKind.Header;
  out.name = name;
}

function readCookie(fields: Fields, out: Sticky): void {
  out.kind = StickyKind.Cookie;
  out.name = fields.requiredText("name");
  if (!isCookieName(out.name)) fields.report("name", quoted(out.name), "a cookie's name");
  out.ttlSeconds = fields.integer("ttlSeconds", 1, TTL_SECONDS_MAX, TTL_SECONDS);
  out.path = fields.text("path", "/");
  if (!out.path.startsWith("/") || !isPrintable(out.path, 1, 256) || out.path.includes(";")) {
    fields.report("path", quoted(out.path), "a path from / on without ;");
  }
  fields.close();
}
