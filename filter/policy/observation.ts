import { Answer, ShortText } from "./answer";
import { Variant } from "./split";
import { fieldSize, numberSize, presentSize, textSize, WireWriter } from "./wire";

/** Bytes of a path that an observation carries. */
const PATH_BYTES_MAX: i32 = 256;
const REQUEST_ID_BYTES_MAX: i32 = 64;

/** Field numbers of `Answer` and `Observation` in proto/observe.proto. */
enum AnswerField {
  Status = 1,
  Failure = 2,
  ContentType = 3,
  ContentEncoding = 4,
  LatencyUs = 5,
  Body = 6,
  BodyBytes = 7,
  Truncated = 8,
  InferenceHeaderBytes = 9,
  FirstByteUs = 10,
  GrpcStatus = 11,
  GrpcEncoding = 12,
}

export enum ObservationField {
  Rollout = 1,
  RequestId = 2,
  Subject = 3,
  StartUnixMs = 4,
  Path = 5,
  Generation = 6,
  Served = 7,
  Overridden = 8,
  Answer = 9,
  Shadow = 10,
  Secondary = 11,
  Request = 12,
}

/** What is known of a user request besides its answers. */
export class Subject {
  rollout: i32 = 0;
  readonly requestId: ShortText = new ShortText(REQUEST_ID_BYTES_MAX);
  readonly path: ShortText = new ShortText(PATH_BYTES_MAX);
  hash: u64 = 0;
  startUnixMs: u64 = 0;
  generation: u64 = 0;
  served: Variant = Variant.Primary;
  overridden: bool = false;
}

/** Bytes of an encoded `Answer`. */
export function answerSize(answer: Answer): i32 {
  const body = answer.body;
  return (
    numberSize(u64(answer.status)) +
    numberSize(u64(answer.failure)) +
    textSize(answer.contentType.length) +
    textSize(answer.contentEncoding.length) +
    numberSize(answer.latencyUs) +
    textSize(body === null ? 0 : body.length) +
    numberSize(answer.bodyBytes) +
    numberSize(u64(answer.truncated)) +
    numberSize(u64(answer.inferenceHeaderBytes)) +
    numberSize(answer.firstByteUs) +
    presentSize(answer.grpcStatus) +
    textSize(answer.grpcEncoding.length)
  );
}

/** Encodes an `Answer`. */
export function writeAnswer(writer: WireWriter, answer: Answer): void {
  const body = answer.body;
  const type = answer.contentType;
  const encoding = answer.contentEncoding;
  writer.number(AnswerField.Status, u64(answer.status));
  writer.number(AnswerField.Failure, u64(answer.failure));
  writer.text(AnswerField.ContentType, type.bytes, 0, type.length);
  writer.text(AnswerField.ContentEncoding, encoding.bytes, 0, encoding.length);
  writer.number(AnswerField.LatencyUs, answer.latencyUs);
  if (body !== null) writer.text(AnswerField.Body, body.bytes, 0, body.length);
  writer.number(AnswerField.BodyBytes, answer.bodyBytes);
  writer.number(AnswerField.Truncated, u64(answer.truncated));
  writer.number(AnswerField.InferenceHeaderBytes, u64(answer.inferenceHeaderBytes));
  writer.number(AnswerField.FirstByteUs, answer.firstByteUs);
  const grpcEncoding = answer.grpcEncoding;
  writer.present(AnswerField.GrpcStatus, answer.grpcStatus);
  writer.text(AnswerField.GrpcEncoding, grpcEncoding.bytes, 0, grpcEncoding.length);
}

/** Bytes of an encoded `Observation` whose answers and request have these sizes; -1 for those that it lacks. */
export function observationSize(
  subject: Subject,
  answer: i32,
  shadow: i32,
  secondary: i32 = -1,
  request: i32 = -1,
): i32 {
  return (
    numberSize(u64(subject.rollout)) +
    textSize(subject.requestId.length) +
    fieldSize(8) +
    numberSize(subject.startUnixMs) +
    textSize(subject.path.length) +
    numberSize(subject.generation) +
    numberSize(u64(subject.served)) +
    numberSize(u64(subject.overridden)) +
    fieldSize(answer) +
    (shadow < 0 ? 0 : fieldSize(shadow)) +
    (secondary < 0 ? 0 : fieldSize(secondary)) +
    (request < 0 ? 0 : fieldSize(request))
  );
}

/** Encodes all of an `Observation` but its answers and its request, which follow as fields 9 to 12. */
export function writeSubject(writer: WireWriter, subject: Subject): void {
  const id = subject.requestId;
  const path = subject.path;
  writer.number(ObservationField.Rollout, u64(subject.rollout));
  writer.text(ObservationField.RequestId, id.bytes, 0, id.length);
  writer.head(ObservationField.Subject, 8);
  writer.word(subject.hash);
  writer.number(ObservationField.StartUnixMs, subject.startUnixMs);
  writer.text(ObservationField.Path, path.bytes, 0, path.length);
  writer.number(ObservationField.Generation, subject.generation);
  writer.number(ObservationField.Served, u64(subject.served));
  writer.number(ObservationField.Overridden, u64(subject.overridden));
}

/** Encodes one of the answers of an observation, or its request, whose fields have the same numbers; nothing when its size is below 0. */
export function writePart(
  writer: WireWriter,
  field: ObservationField,
  size: i32,
  part: Answer,
): void {
  if (size < 0) return;
  writer.head(field, size);
  writeAnswer(writer, part);
}
