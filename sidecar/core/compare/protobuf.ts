import type { JsonLimits, ParsedJson } from "./parseJson.ts";
import { giveUp, type Reader, readerOf, readSpan, readVarint, WIRE } from "./protobufReader.ts";
import { readRaw, SCALARS } from "./protobufScalar.ts";
import type { CompiledField, CompiledMessage, CompiledType } from "./protobufSchema.ts";
import { held, isTree, type Node, put, type Tree } from "./protobufTree.ts";

/**
 * Reads a message (protobuf.dev, "Encoding") as a tree: fields by their names in the .proto file; enums by their names too, or the number
 * where there is none; a map as an object. A field without presence has its default when none was sent, so that leaving a default out and
 * writing it are the same; of fields with presence only those are there that were sent. Of a repeated single field the last value counts,
 * and messages merge. What the descriptor does not know, or has with another wire type, is kept by the field's number as a list of raw
 * values, so that it is compared too. `tokensMax` bounds the values and defaults, `depthMax` the messages within each other.
 */
export function decodeProtobuf(
  bytes: Uint8Array,
  message: CompiledMessage,
  limits: JsonLimits,
): ParsedJson {
  if (bytes.length > limits.bytesMax) {
    return { kind: "problem", reason: "tooLarge" };
  }
  const reader = readerOf(bytes);
  const decoding: Decoding = { reader, left: limits.tokensMax, depthLeft: limits.depthMax };
  const value = newTree(decoding, message);
  readFields(decoding, message, { into: value });
  return reader.problem === undefined
    ? { kind: "json", value }
    : { kind: "problem", reason: reader.problem };
}

type Decoding = { readonly reader: Reader; left: number; depthLeft: number };

/** Reads to the reader's end, or to that of the group of this number. */
function readFields(
  decoding: Decoding,
  message: CompiledMessage,
  { into, group }: { readonly into: Tree; readonly group?: number },
): void {
  const { reader } = decoding;
  decoding.depthLeft -= 1;
  if (decoding.depthLeft < 0) {
    giveUp(reader, "tooDeep");
  }
  let isOpen = group !== undefined;
  while (reader.at < reader.end) {
    const tag = readTag(reader);
    if (tag.wire === WIRE.groupEnd && tag.number === group) {
      isOpen = false;
      break;
    }
    spend(decoding, 1);
    const field = message.fields.get(tag.number);
    if (field === undefined || !readField(decoding, field, { wire: tag.wire, into })) {
      keepUnknown(reader, tag, into);
    }
  }
  if (isOpen) {
    giveUp(reader, "protobuf");
  }
  decoding.depthLeft += 1;
}

type Tag = { readonly number: number; readonly wire: number };

function readTag(reader: Reader): Tag {
  readVarint(reader);
  const number = reader.low >>> 3;
  if (number === 0 || reader.high > 0) {
    giveUp(reader, "protobuf");
  }
  return { number, wire: reader.low & 7 };
}

function spend(decoding: Decoding, count: number): void {
  decoding.left -= count;
  if (decoding.left < 0) {
    giveUp(decoding.reader, "tooManyTokens");
  }
}

/** A message of which nothing was sent. */
function newTree(decoding: Decoding, message: CompiledMessage): Tree {
  const tree: Tree = {};
  spend(decoding, message.defaults.length);
  for (const field of message.defaults) {
    put(tree, field.name, presetOf(field));
  }
  return tree;
}

function presetOf({ holds, type }: CompiledField): Node {
  if (holds === "list" || holds === "map") {
    return holds === "list" ? [] : {};
  }
  switch (type.kind) {
    case "scalar":
      return SCALARS[type.scalar].preset;
    case "enum":
      return nameOf(type.names, 0);
    default:
      return null;
  }
}

function nameOf(names: ReadonlyMap<number, string>, value: number): string | number {
  return names.get(value) ?? value;
}

/** Reads a field's value; false, and nothing is read, when what was sent is not of its type. */
function readField(
  decoding: Decoding,
  field: CompiledField,
  { wire, into }: { readonly wire: number; readonly into: Tree },
): boolean {
  const { type, name, excludes } = field;
  const before = held(into, name);
  if (Array.isArray(before) && wire === WIRE.bytes && isPackable(type)) {
    readPacked(decoding, field, before);
    return true;
  }
  if (wire !== wireOf(type)) {
    return false;
  }
  if (Array.isArray(before)) {
    before.push(readValue(decoding, field, undefined));
  } else if (field.holds === "map") {
    addEntry(decoding, field, isTree(before) ? before : {});
  } else {
    put(into, name, readValue(decoding, field, before));
    for (const other of excludes) {
      delete into[other];
    }
  }
  return true;
}

function wireOf(type: CompiledType): number {
  switch (type.kind) {
    case "scalar":
      return SCALARS[type.scalar].wire;
    case "enum":
      return WIRE.varint;
    case "message":
      return WIRE.bytes;
    case "group":
      return WIRE.group;
    default:
      return type satisfies never;
  }
}

function isPackable(type: CompiledType): boolean {
  return type.kind === "enum" || (type.kind === "scalar" && wireOf(type) !== WIRE.bytes);
}

function readPacked(decoding: Decoding, field: CompiledField, list: Node[]): void {
  within(decoding.reader, () => {
    while (decoding.reader.at < decoding.reader.end) {
      spend(decoding, 1);
      list.push(readValue(decoding, field, undefined));
    }
  });
}

/** Reads one value; a message goes on with what is held already. */
function readValue(
  decoding: Decoding,
  { type, number }: CompiledField,
  before: Node | undefined,
): Node {
  switch (type.kind) {
    case "scalar":
      return SCALARS[type.scalar].read(decoding.reader);
    case "enum":
      readVarint(decoding.reader);
      return nameOf(type.names, decoding.reader.low | 0);
    case "message": {
      const into = isTree(before) ? before : newTree(decoding, type.message());
      within(decoding.reader, () => readFields(decoding, type.message(), { into }));
      return into;
    }
    case "group": {
      const into = isTree(before) ? before : newTree(decoding, type.message());
      readFields(decoding, type.message(), { into, group: number });
      return into;
    }
    default:
      return type satisfies never;
  }
}

const VALUE = 2;

/** Reads an entry of a map: a message whose fields are named `key` and `value`. */
function addEntry(decoding: Decoding, field: CompiledField, map: Tree): void {
  const entry = readValue(decoding, field, undefined);
  if (field.type.kind !== "message" || !isTree(entry)) {
    return;
  }
  const type = field.type.message().fields.get(VALUE)?.type;
  const none = type?.kind === "message" ? newTree(decoding, type.message()) : null;
  put(map, String(entry.key), entry.value ?? none);
}

/** Reads what is as long as the length before it. */
function within(reader: Reader, read: () => void): void {
  const outerEnd = reader.end;
  const start = readSpan(reader);
  if (reader.problem === undefined) {
    reader.end = reader.at;
    reader.at = start;
    read();
    reader.end = outerEnd;
    reader.at = reader.problem === undefined ? reader.at : outerEnd;
  }
}

/** Keeps a value that has no name under the number of its field. */
function keepUnknown(reader: Reader, { number, wire }: Tag, into: Tree): void {
  const value = readRaw(reader, wire, number);
  const others = held(into, String(number));
  if (Array.isArray(others)) {
    others.push(value);
  } else {
    put(into, String(number), [value]);
  }
}
