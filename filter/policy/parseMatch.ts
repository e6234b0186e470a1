import { Fields, quoted } from "./fields";
import { HeaderMatch, HostPattern, Match, PathKind, PathPattern } from "./match";
import { isHeaderName, isPrintable } from "./words";

const HEADERS_MAX: i32 = 16;
const PATH_MAX: i32 = 1024;

/** Reads a rollout's match; returns its canonical text, the same for equal matches. */
export function parseMatch(fields: Fields, out: Match): string {
  let text = "";
  if (fields.has("host")) {
    const host = fields.text("host", "");
    if (isHost(host)) {
      out.host = new HostPattern(host.toLowerCase());
      text += `host ${host.toLowerCase()}`;
    } else fields.report("host", quoted(host), "a host without port, or *. and a domain");
  }
  const path = fields.object("path");
  if (path !== null) {
    const pattern = parsePath(path);
    out.path = pattern;
    if (pattern !== null) text += `\npath ${i32(pattern.kind).toString()}${pattern.text}`;
  }
  const headers = fields.objects("headers", HEADERS_MAX);
  const lines: string[] = [];
  for (let i = 0; i < headers.length; i++) {
    const match = parseHeader(headers[i]);
    out.headers.push(match);
    lines.push(`\nheader ${match.name}: ${match.value}`);
  }
  fields.close();
  return text + lines.sort((a, b) => (a < b ? -1 : i32(a > b))).join("");
}

/** Reads `{"prefix"}`, `{"exact"}` or `{"template"}`; null after a problem. */
export function parsePath(fields: Fields): PathPattern | null {
  const kinds: string[] = ["prefix", "exact", "template"];
  let kind = -1;
  let text = "";
  for (let i = 0; i < kinds.length; i++) {
    if (!fields.has(kinds[i])) {
      fields.value(kinds[i]);
      continue;
    }
    if (kind >= 0) {
      fields.report("", "more than one of its keys", "one of prefix, exact, template");
      return null;
    }
    kind = i;
    text = fields.requiredText(kinds[i]);
  }
  fields.close();
  if (kind < 0) {
    fields.report("", "no path", "one of prefix, exact, template");
    return null;
  }
  const isTemplate = kind === PathKind.Template;
  if (!isPath(text) || (isTemplate && !isTemplatePath(text))) {
    const allowed = isTemplate ? ", {name} for one whole segment" : "";
    fields.report(kinds[kind], quoted(text), `a path from / on without ? and #${allowed}`);
    return null;
  }
  return new PathPattern(kind as PathKind, text);
}

function parseHeader(fields: Fields): HeaderMatch {
  const name = fields.requiredText("name");
  if (!isHeaderName(name)) fields.report("name", quoted(name), "a header's name in lower case");
  if (name.startsWith("x-understudy-")) {
    fields.report("name", quoted(name), "none of ours: they are removed first");
  }
  const value = fields.requiredText("value");
  if (!isPrintable(value, 0, 1024)) {
    fields.report("value", quoted(value), "at most 1024 printable characters");
  }
  fields.close();
  return new HeaderMatch(name, value);
}

function isPath(text: string): bool {
  if (!text.startsWith("/") || !isPrintable(text, 1, PATH_MAX)) return false;
  return !text.includes("?") && !text.includes("#") && !text.includes(" ");
}

/** Every brace belongs to a `{name}` that is a whole segment. */
function isTemplatePath(text: string): bool {
  const segments = text.split("/");
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i];
    if (!segment.includes("{") && !segment.includes("}")) continue;
    if (!segment.startsWith("{") || !segment.endsWith("}")) return false;
    const name = segment.substring(1, segment.length - 1);
    if (name === "" || name.includes("{") || name.includes("}")) return false;
  }
  return true;
}

function isHost(text: string): bool {
  const name = text.startsWith("*.") ? text.substring(2) : text;
  if (!isPrintable(name, 1, 253)) return false;
  for (let i = 0; i < name.length; i++) {
    if ("*/:@ ?#".includes(name.charAt(i)) && !name.startsWith("[")) return false;
  }
  return true;
}
