import { utf8 } from "./bytes";
import { Traffic } from "./traffic";
import { fieldSize, numberSize, textSize, WireWriter } from "./wire";

/** Version of proto/observe.proto that the filter speaks. */
export const PROTOCOL_VERSION: u64 = 1;
/** Version of the filter's module. */
export const FILTER_VERSION: string = "0.1.0";

/** Field numbers of `FilterMessage`. */
enum Message {
  Hello = 1,
  Batch = 2,
  InForce = 3,
}

/** Traffic in force for a rollout, or why the last one received was refused. */
export class InForce {
  readonly rollout: string;
  readonly traffic: Traffic;
  readonly refused: string;

  constructor(rollout: string, traffic: Traffic, refused: string) {
    this.rollout = rollout;
    this.traffic = traffic;
    this.refused = refused;
  }
}

/** What the first message of a stream says. */
export class Hello {
  source: string = "";
  nodeId: string = "";
  rollouts: string[] = [];
  inForce: InForce[] = [];
  nextSequence: u64 = 1;
}

/** Encodes a `FilterMessage` with a `Hello`. */
export function encodeHello(hello: Hello): StaticArray<u8> {
  const parts: StaticArray<u8>[] = [];
  parts.push(text(1, hello.source));
  parts.push(text(2, hello.nodeId));
  parts.push(text(3, FILTER_VERSION));
  parts.push(number(4, PROTOCOL_VERSION));
  for (let i = 0; i < hello.rollouts.length; i++) parts.push(text(5, hello.rollouts[i]));
  for (let i = 0; i < hello.inForce.length; i++) {
    parts.push(wrapped(6, inForceBody(hello.inForce[i])));
  }
  parts.push(number(7, hello.nextSequence));
  return wrapped(Message.Hello, joined(parts));
}

/** Encodes a `FilterMessage` with an `InForce`. */
export function encodeInForce(inForce: InForce): StaticArray<u8> {
  return wrapped(Message.InForce, inForceBody(inForce));
}

/** Bytes of a `FilterMessage` with a `Batch` whose observations and drops take so many bytes. */
export function batchSize(sequence: u64, contentBytes: i32): i32 {
  return fieldSize(numberSize(sequence) + contentBytes);
}

/** Writes the start of a `FilterMessage` with a `Batch`; the content follows. */
export function writeBatchHead(writer: WireWriter, sequence: u64, contentBytes: i32): void {
  writer.head(Message.Batch, numberSize(sequence) + contentBytes);
  writer.number(1, sequence);
}

/** One `Drop` as a field of `Batch`. */
export function encodeDrop(rollout: string, reason: i32, count: u64): StaticArray<u8> {
  return wrapped(3, joined([text(1, rollout), number(2, u64(reason)), number(3, count)]));
}

function inForceBody(inForce: InForce): StaticArray<u8> {
  const traffic = inForce.traffic;
  return joined([
    text(1, inForce.rollout),
    number(2, traffic.generation),
    number(3, u64(traffic.candidateBp)),
    number(4, u64(traffic.shadowBp)),
    number(5, u64(traffic.shadowPrimary)),
    text(6, inForce.refused),
    number(7, u64(traffic.noiseBp)),
    number(8, u64(traffic.captureBp)),
  ]);
}

function number(field: i32, value: u64): StaticArray<u8> {
  const writer = new WireWriter();
  writer.begin(new StaticArray<u8>(numberSize(value)), 0);
  writer.number(field, value);
  return writer.bytes;
}

function text(field: i32, value: string): StaticArray<u8> {
  const bytes = utf8(value);
  const writer = new WireWriter();
  writer.begin(new StaticArray<u8>(textSize(bytes.length)), 0);
  writer.text(field, bytes, 0, bytes.length);
  return writer.bytes;
}

function wrapped(field: i32, content: StaticArray<u8>): StaticArray<u8> {
  const writer = new WireWriter();
  writer.begin(new StaticArray<u8>(fieldSize(content.length)), 0);
  writer.head(field, content.length);
  writer.raw(content, 0, content.length);
  return writer.bytes;
}

function joined(parts: StaticArray<u8>[]): StaticArray<u8> {
  let size = 0;
  for (let i = 0; i < parts.length; i++) size += parts[i].length;
  const writer = new WireWriter();
  writer.begin(new StaticArray<u8>(size), 0);
  for (let i = 0; i < parts.length; i++) writer.raw(parts[i], 0, parts[i].length);
  return writer.bytes;
}
