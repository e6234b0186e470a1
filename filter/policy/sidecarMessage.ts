import { Traffic } from "./traffic";
import { WireReader } from "./wire";

/** Longest name of a rollout or version in a message. */
const NAME_BYTES_MAX: i32 = 256;

/** Which message of the sidecar it is; the numbers are those of the contract. */
export enum SidecarMessageKind {
  Malformed = 0,
  Limits = 1,
  Traffic = 2,
  Ack = 3,
  /** Of a later version of the contract. */
  Unknown = 4,
}

/** A message of the sidecar, decoded. Which fields mean something is said by `kind`. */
export class SidecarMessage {
  kind: SidecarMessageKind = SidecarMessageKind.Unknown;
  messageBytesMax: u32 = 0;
  creditBytes: u32 = 0;
  sequence: u64 = 0;
  rollout: string = "";
  /** The versions that the traffic is about; "" when that is not said. */
  primaryVersion: string = "";
  candidateVersion: string = "";
  readonly traffic: Traffic = new Traffic();
}

/** Decodes a `SidecarMessage` of proto/observe.proto. Never traps, whatever the bytes. */
export function decodeSidecarMessage(bytes: StaticArray<u8>, size: i32): SidecarMessage {
  const out = new SidecarMessage();
  const reader = new WireReader(bytes, 0, size);
  while (reader.next()) {
    if (reader.field >= 1 && reader.field <= 3) readOne(bytes, reader, out);
    else reader.skip();
  }
  if (!reader.ok) out.kind = SidecarMessageKind.Malformed;
  return out;
}

function readOne(bytes: StaticArray<u8>, reader: WireReader, out: SidecarMessage): void {
  out.kind = reader.field as SidecarMessageKind;
  const length = reader.length();
  if (!reader.ok) return;
  const inner = new WireReader(bytes, reader.at, reader.at + length);
  if (out.kind === SidecarMessageKind.Limits) readLimits(inner, out);
  else if (out.kind === SidecarMessageKind.Traffic) readTraffic(bytes, inner, out);
  else readAck(inner, out);
  reader.ok = inner.ok;
  reader.at += length;
}

function readLimits(reader: WireReader, out: SidecarMessage): void {
  while (reader.next()) {
    if (reader.field === 1) out.messageBytesMax = u32Of(reader.number());
    else if (reader.field === 2) out.creditBytes = u32Of(reader.number());
    else reader.skip();
  }
}

function readAck(reader: WireReader, out: SidecarMessage): void {
  while (reader.next()) {
    if (reader.field === 1) out.sequence = reader.number();
    else if (reader.field === 2) out.creditBytes = u32Of(reader.number());
    else reader.skip();
  }
}

function readTraffic(bytes: StaticArray<u8>, reader: WireReader, out: SidecarMessage): void {
  const traffic = out.traffic;
  traffic.known = true;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        out.rollout = readName(bytes, reader);
        break;
      case 2:
        traffic.generation = reader.number();
        break;
      case 3:
        traffic.candidateBp = u32Of(reader.number());
        break;
      case 4:
        traffic.shadowBp = u32Of(reader.number());
        break;
      case 5:
        traffic.shadowPrimary = reader.number() !== 0;
        break;
      case 6:
        out.primaryVersion = readName(bytes, reader);
        break;
      case 7:
        out.candidateVersion = readName(bytes, reader);
        break;
      case 9:
        traffic.noiseBp = u32Of(reader.number());
        break;
      case 10:
        traffic.captureBp = u32Of(reader.number());
        break;
      case 8:
        traffic.requestTimeoutMs = u32Of(reader.number());
        break;
      default:
        reader.skip();
    }
  }
}

/** A name in printable ASCII; any other is malformed. */
function readName(bytes: StaticArray<u8>, reader: WireReader): string {
  const length = reader.length();
  if (length > NAME_BYTES_MAX) reader.ok = false;
  if (!reader.ok) return "";
  let name = "";
  for (let i = 0; i < length; i++) {
    const byte = bytes[reader.at + i];
    if (byte < 0x20 || byte > 0x7e) reader.ok = false;
    name += String.fromCharCode(i32(byte));
  }
  reader.at += length;
  return name;
}

/** Values beyond 32 bits become the largest, so that range checks refuse them. */
function u32Of(value: u64): u32 {
  return value > u64(u32.MAX_VALUE) ? u32.MAX_VALUE : u32(value);
}
