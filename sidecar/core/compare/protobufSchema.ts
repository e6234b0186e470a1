/** What the answers of methods look like: descriptors without the library that read them, and only what can be reached. */
export type ProtobufSchema = {
  /** Unary methods by the path of their calls, `/package.Service/Method`. */
  readonly methods: readonly { readonly path: string; readonly response: number }[];
  /** Named by their places in this list. */
  readonly messages: readonly (readonly FieldShape[])[];
  readonly enums: readonly (readonly EnumValue[])[];
};

/** A number that has a name. */
export type EnumValue = { readonly number: number; readonly name: string };

/** Types of fields that hold no other type. */
export type ScalarType =
  | "int32"
  | "int64"
  | "uint32"
  | "uint64"
  | "sint32"
  | "sint64"
  | "fixed32"
  | "fixed64"
  | "sfixed32"
  | "sfixed64"
  | "float"
  | "double"
  | "bool"
  | "string"
  | "bytes";

/** What a field holds: a scalar, or one of the schema's messages or enums. */
export type FieldType =
  | { readonly kind: "scalar"; readonly scalar: ScalarType }
  | { readonly kind: "enum" | "message" | "group"; readonly index: number };

/** One field of a message. */
export type FieldShape = {
  readonly number: number;
  /** As the .proto file writes it. */
  readonly name: string;
  readonly type: FieldType;
  /**
   * `plain`: there is always a value, the default when none was sent. `optional`: it may be absent. A map is a list of messages whose
   * fields 1 and 2 are key and value.
   */
  readonly holds: "plain" | "optional" | "list" | "map";
  /** Fields of one message with the same number here exclude each other. */
  readonly oneof?: number;
};

/** A schema made ready for decoding. Made once per rollout. */
export type CompiledSchema = {
  readonly responses: ReadonlyMap<string, CompiledMessage>;
};

/** A message whose fields are found by their numbers. */
export type CompiledMessage = {
  readonly fields: ReadonlyMap<number, CompiledField>;
  /** Those that have a value though none was sent. */
  readonly defaults: readonly CompiledField[];
};

/** A field whose types are found. */
export type CompiledField = Omit<FieldShape, "type"> & {
  readonly type: CompiledType;
  /** Names of the fields that it excludes. */
  readonly excludes: readonly string[];
};

/** What a field holds. */
export type CompiledType =
  | { readonly kind: "scalar"; readonly scalar: ScalarType }
  | { readonly kind: "enum"; readonly names: ReadonlyMap<number, string> }
  | { readonly kind: "message" | "group"; readonly message: () => CompiledMessage };

/** Compiles a schema. Its places must be within its lists, as those that `parsePlan` makes are; messages may hold themselves. */
export function compileSchema(schema: ProtobufSchema): CompiledSchema {
  const enums = schema.enums.map(
    (values) => new Map(values.map(({ number, name }) => [number, name])),
  );
  const messages: CompiledMessage[] = schema.messages.map((shapes) => {
    const fields = shapes.map((shape) => ({
      ...shape,
      type: typeOf(shape.type),
      excludes: excludedBy(shape, shapes),
    }));
    return {
      fields: new Map(fields.map((field) => [field.number, field])),
      defaults: fields.filter(({ holds }) => holds !== "optional"),
    };
  });
  function typeOf(type: FieldType): CompiledType {
    switch (type.kind) {
      case "scalar":
        return type;
      case "enum":
        return { kind: "enum", names: placed(enums, type.index) };
      case "message":
      case "group":
        return { kind: type.kind, message: () => placed(messages, type.index) };
      default:
        return type satisfies never;
    }
  }
  return {
    responses: new Map(
      schema.methods.map(({ path, response }) => [path, placed(messages, response)]),
    ),
  };
}

function excludedBy(shape: FieldShape, shapes: readonly FieldShape[]): readonly string[] {
  return shape.oneof === undefined
    ? []
    : shapes
        .filter(({ oneof, number }) => oneof === shape.oneof && number !== shape.number)
        .map(({ name }) => name);
}

function placed<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) {
    throw new Error(`no place ${index} in the schema`);
  }
  return item;
}
