import type { ApplyRequest, ChangeRequest, HistoryRequest } from "./rolloutCodec.ts";
import { CallError } from "./status.ts";

/** What a field may be, by proto3 JSON: 64-bit numbers are texts or numbers, and null is the default. */
type FieldKind = "text" | "number";
type Fields = Readonly<Record<string, FieldKind>>;

const WHOLE = /^(?:0|[1-9]\d{0,15})$/;

/** Reads ApplyRequest. Throws CallError `invalid`. */
export function parseApply(text: string): ApplyRequest {
  const kinds = { plan: "text", reason: "text", revision: "number" } as const;
  const { plan = "", reason = "", revision = 0 } = fieldsOf(text, kinds);
  return { plan: String(plan), reason: String(reason), revision: Number(revision) };
}

/** Reads ChangeRequest for the rollout that the path names; an empty text says nothing. Throws CallError `invalid`. */
export function parseChange(text: string, name: string): ChangeRequest {
  const kinds = { name: "text", reason: "text", revision: "number" } as const;
  const said = fieldsOf(text.trim() === "" ? "{}" : text, kinds);
  if (said.name !== undefined && said.name !== name) {
    throw new CallError("invalid", `name: the path says ${name}`);
  }
  return { name, reason: String(said.reason ?? ""), revision: Number(said.revision ?? 0) };
}

/** Reads HistoryRequest of a query. Throws CallError `invalid`. */
export function parseHistory(query: string, name: string): HistoryRequest {
  const { before = 0, limit = 0 } = queryOf(query, ["before", "limit"]);
  return { name, before, limit };
}

/** The parameters of a query, all whole numbers and each once. Throws CallError `invalid` for others. */
export function queryOf(
  query: string,
  allowed: readonly string[],
): Readonly<Record<string, number>> {
  const found = new Map<string, number>();
  for (const [key, value] of new URLSearchParams(query)) {
    if (!allowed.includes(key) || found.has(key)) {
      const all = allowed.length === 0 ? "nothing" : `${allowed.join(", ")}, each once`;
      throw new CallError("invalid", `query: what it may say is ${all}`);
    }
    found.set(key, wholeOf(key, value));
  }
  return Object.fromEntries(found);
}

/** The revision that the header `if-match` asks for; undefined for none, and for `*`. Throws CallError `invalid`. */
export function revisionOf(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined || ifMatch.trim() === "*") {
    return undefined;
  }
  const [, revision] = /^"(\d{1,16})"$/.exec(ifMatch.trim()) ?? [];
  if (revision === undefined) {
    throw new CallError("invalid", "if-match: one revision in quotes, as the header etag says it");
  }
  return wholeOf("if-match", revision);
}

function fieldsOf(text: string, kinds: Fields): Readonly<Record<string, string | number>> {
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CallError("invalid", "the body is not a JSON object");
  }
  const entries = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(entries.map(([key, each]) => [key, fieldOf(key, each, kinds)]));
}

function fieldOf(key: string, value: unknown, kinds: Fields): string | number {
  const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
  switch (kind) {
    case undefined: {
      const known = Object.keys(kinds).join(", ");
      throw new CallError("invalid", `${JSON.stringify(key.slice(0, 64))}: one of ${known}`);
    }
    case "text":
      if (typeof value !== "string") {
        throw new CallError("invalid", `${key}: a text`);
      }
      return value;
    case "number":
      return wholeOf(key, value);
    default:
      return kind satisfies never;
  }
}

function wholeOf(key: string, value: unknown): number {
  const number = typeof value === "string" && WHOLE.test(value) ? Number(value) : value;
  if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0) {
    throw new CallError("invalid", `${key}: a whole number from 0`);
  }
  return number;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CallError("invalid", "the body is not JSON");
  }
}
