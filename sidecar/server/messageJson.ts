import type { IConversionOptions } from "protobufjs";

/** A message's class, as protobufjs generates it. */
type MessageType<Message> = {
  toObject(message: Message, options: IConversionOptions): { readonly [key: string]: unknown };
};

/** Of the proto3 JSON mapping: 64-bit numbers and enums as texts, bytes in base64, all fields, also those that have their default. */
const OPTIONS: IConversionOptions = {
  ...{ longs: String, enums: String, bytes: String, json: true },
  defaults: true,
};

/** A message as the API's JSON has it (proto3 JSON mapping, https://protobuf.dev/programming-guides/json). */
export function messageJson<Message>(type: MessageType<Message>, message: Message): object {
  return type.toObject(message, OPTIONS);
}
