import descriptor from "protobufjs/ext/descriptor.js";
import protobuf from "protobufjs/light.js";
import type {
  EnumValue,
  FieldShape,
  FieldType,
  ProtobufSchema,
  ScalarType,
} from "../core/compare/protobufSchema.ts";

/** Largest set of descriptors, in bytes: in base64 its text is a third longer. */
export const DESCRIPTORS_BYTES_MAX: number = 96 * 1024;
/** Most files, types, fields, enum values, services and methods in it. */
export const ENTRIES_MAX = 4096;
/** Most of them in one list, such as the fields of one message: finding types takes time that grows with its square. */
export const LIST_MAX = 1024;

/** The schema that a set of descriptors holds, or what it must be instead. */
export type ParsedDescriptors =
  | { readonly kind: "schema"; readonly schema: ProtobufSchema }
  | { readonly kind: "problem"; readonly allowed: string };

const ALLOWED =
  "base64 of what protoc --include_imports --descriptor_set_out writes (understudy apply puts it in place of file:NAME)";

/**
 * Reads a FileDescriptorSet in base64, and keeps what unary methods answer and all that it reaches. Extensions and the content of
 * `google.protobuf.Any` are not looked into. Never throws.
 */
export function parseDescriptors(text: string): ParsedDescriptors {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length === 0 || bytes.toString("base64") !== text) {
    return problem(ALLOWED);
  }
  if (bytes.length > DESCRIPTORS_BYTES_MAX) {
    return problem(`at most ${DESCRIPTORS_BYTES_MAX} bytes, without --include_source_info`);
  }
  const root = rootOf(bytes);
  return typeof root === "string" ? problem(root) : schemaOf(root);
}

function problem(allowed: string): ParsedDescriptors {
  return { kind: "problem", allowed };
}

/** The types of a set, all found; or what is wrong with it, as the library says. */
function rootOf(bytes: Uint8Array): protobuf.Root | string {
  try {
    const { entries, longest } = sizeOf(descriptor.FileDescriptorSet.decode(bytes));
    if (entries > ENTRIES_MAX || longest > LIST_MAX) {
      return `at most ${ENTRIES_MAX} types, fields and enum values, and ${LIST_MAX} in one of them`;
    }
    const root = protobuf.Root.fromDescriptor(bytes, { keepCase: true });
    root.resolveAll();
    return root;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `${ALLOWED}: ${why}`;
  }
}

/** How many members the lists in a value have together, and the longest of them. Its depth is bounded by the library that read it. */
function sizeOf(value: object): { readonly entries: number; readonly longest: number } {
  const list = Array.isArray(value) ? value.length : 0;
  let size = { entries: list, longest: list };
  for (const member of Object.values(value)) {
    if (typeof member === "object" && member !== null && !ArrayBuffer.isView(member)) {
      const { entries, longest } = sizeOf(member);
      size = { entries: size.entries + entries, longest: Math.max(size.longest, longest) };
    }
  }
  return size;
}

/** Types that were met, in the order of their places, and those that are still to be looked into. */
type Draft = {
  readonly messages: Map<protobuf.Type | protobuf.MapField, number>;
  readonly shapes: FieldShape[][];
  readonly enums: Map<protobuf.Enum, number>;
  readonly values: EnumValue[][];
};

function schemaOf(root: protobuf.Root): ParsedDescriptors {
  const draft: Draft = {
    messages: new Map(),
    shapes: [],
    enums: new Map(),
    values: [],
  };
  const methods = servicesIn(root)
    .flatMap((service) => service.methodsArray.map((method) => ({ service, method })))
    .filter(({ method }) => method.requestStream !== true && method.responseStream !== true)
    .flatMap(({ service, method }) => {
      const type = method.resolvedResponseType;
      const path = `/${service.fullName.slice(1)}/${method.name}`;
      return type ? [{ path, response: placeOf(draft, type) }] : [];
    });
  if (methods.length === 0) {
    return problem("a set with a service that has a unary method");
  }
  // Grows while it is gone through.
  for (const [holder, place] of draft.messages) {
    draft.shapes[place] = shapesOf(draft, holder);
  }
  return {
    kind: "schema",
    schema: { methods, messages: draft.shapes, enums: draft.values },
  };
}

function servicesIn(namespace: protobuf.NamespaceBase): readonly protobuf.Service[] {
  return namespace.nestedArray.flatMap((nested) => {
    if (nested instanceof protobuf.Service) {
      return [nested];
    }
    return nested instanceof protobuf.Namespace ? servicesIn(nested) : [];
  });
}

function placeOf(draft: Draft, holder: protobuf.Type | protobuf.MapField): number {
  const place = draft.messages.get(holder) ?? draft.messages.size;
  draft.messages.set(holder, place);
  return place;
}

function shapesOf(draft: Draft, holder: protobuf.Type | protobuf.MapField): FieldShape[] {
  return holder instanceof protobuf.MapField
    ? entryOf(draft, holder)
    : holder.fieldsArray.map((field) => shapeOf(draft, holder, field));
}

/** An entry of a map is a message on the wire. */
function entryOf(draft: Draft, field: protobuf.MapField): FieldShape[] {
  const value = typeOf(draft, field.resolvedType) ?? scalarOf(field.type);
  return [
    { number: 1, name: "key", type: scalarOf(field.keyType), holds: "plain" },
    { number: 2, name: "value", type: value, holds: isMessage(value) ? "optional" : "plain" },
  ];
}

function shapeOf(draft: Draft, message: protobuf.Type, field: protobuf.Field): FieldShape {
  const { id: number, name } = field;
  if (field instanceof protobuf.MapField) {
    const type: FieldType = { kind: "message", index: placeOf(draft, field) };
    return { number, name, type, holds: "map" };
  }
  const kind = field.delimited ? "group" : "message";
  const type = typeOf(draft, field.resolvedType, kind) ?? scalarOf(field.type);
  const oneof = field.partOf ? message.oneofsArray.indexOf(field.partOf) : -1;
  return {
    number,
    name,
    type,
    holds: field.repeated ? "list" : field.hasPresence || isMessage(type) ? "optional" : "plain",
    ...(oneof >= 0 && { oneof }),
  };
}

function isMessage(type: FieldType): boolean {
  return type.kind === "message" || type.kind === "group";
}

/** What a field holds that is no scalar. */
function typeOf(
  draft: Draft,
  type: protobuf.Type | protobuf.Enum | null,
  kind: "message" | "group" = "message",
): FieldType | undefined {
  if (type instanceof protobuf.Type) {
    return { kind, index: placeOf(draft, type) };
  }
  if (type === null) {
    return undefined;
  }
  const index = draft.enums.get(type) ?? draft.enums.size;
  if (!draft.enums.has(type)) {
    draft.enums.set(type, index);
    draft.values[index] = valuesOf(type);
  }
  return { kind: "enum", index };
}

/** One name for each number. */
function valuesOf(type: protobuf.Enum): EnumValue[] {
  return Object.entries(type.valuesById).map(([number, name]) => ({
    number: Number(number),
    name,
  }));
}

const SCALARS: readonly ScalarType[] = [
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
  "float",
  "double",
  "bool",
  "string",
  "bytes",
];

function scalarOf(name: string): FieldType {
  const scalar = SCALARS.find((known) => known === name) ?? "bytes";
  return { kind: "scalar", scalar };
}
