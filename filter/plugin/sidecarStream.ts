import { Buffer, Clock } from "../abi/enums";
import { cancelStream, closeStream, grpcService, openStream, sendMessage } from "../abi/grpc";
import { fillRandom, now, readBuffer, readProperty, speakFor } from "../abi/host";
import { landed } from "../abi/memory";
import { Backoff } from "../policy/backoff";
import { ascii, hexInto, utf8 } from "../policy/bytes";
import { PluginConfig } from "../policy/config";
import { Counter, dropCounter } from "../policy/counters";
import { DropReason } from "../policy/drops";
import { addLitter } from "../policy/litter";
import { encodeHello, encodeInForce, Hello, InForce } from "../policy/messages";
import { Outbox } from "../policy/outbox";
import { decodeSidecarMessage, SidecarMessage, SidecarMessageKind } from "../policy/sidecarMessage";
import { refusalOf, versionRefusal } from "../policy/traffic";
import { ActiveRollout } from "./rollout";
import { count, shareTraffic } from "./world";

const SERVICE = utf8("understudy.v1.ObserveService");
const METHOD = utf8("Observe");
const NODE_ID = utf8("xds\0node\0id");

/** Largest message of the sidecar that is read. */
const RECEIVED_BYTES_MAX: i32 = 64 * 1024;
/** Least credit that is worth a batch. */
const CREDIT_BYTES_MIN: i64 = 512;
const CREDIT_BYTES_MAX: i64 = 1 << 30;
/** How long the sidecar may take to greet, and to acknowledge. */
const GREETING_MS: u64 = 5_000;
const SILENCE_MS: u64 = 15_000;
/** Garbage that one message leaves, about. */
const MESSAGE_LITTER: i32 = 8 * 1024;

/** One root context's stream to the sidecar. */
export class SidecarStream {
  /** 0 while there is none. */
  token: u32 = 0;
  /** Whether the sidecar has greeted: only then is there credit. */
  greeted: bool = false;
  credit: i64 = 0;
  private readonly service: StaticArray<u8>;
  private readonly backoff: Backoff = new Backoff();
  private messageBytesMax: u32 = 0;
  private source: string = "";
  private retryAtMs: u64 = 0;
  /** When the sidecar was last heard, or had nothing to answer. */
  private heardMs: u64 = 0;
  private sent: u64 = 0;
  private acknowledged: u64 = 0;

  private readonly root: u32;
  private readonly rollouts: ActiveRollout[];
  private readonly outbox: Outbox;

  constructor(root: u32, config: PluginConfig, rollouts: ActiveRollout[], outbox: Outbox) {
    this.root = root;
    this.rollouts = rollouts;
    this.outbox = outbox;
    this.service = grpcService(utf8(config.cluster), utf8(config.authority));
  }

  /** Connects when it is time, and gives up on a sidecar that is silent. */
  tick(nowMs: u64): void {
    if (this.token === 0) {
      if (nowMs >= this.retryAtMs) this.connect(nowMs);
      return;
    }
    const waiting = !this.greeted || this.acknowledged < this.sent;
    if (!waiting) this.heardMs = nowMs;
    if (nowMs - this.heardMs > (this.greeted ? SILENCE_MS : GREETING_MS)) {
      cancelStream(this.token);
      this.fail(nowMs);
    }
  }

  /** Sends what waits, as far as the credit goes. Host calls speak for the root afterwards. */
  flush(): void {
    const outbox = this.outbox;
    if (!this.greeted || outbox.isEmpty) return;
    speakFor(this.root);
    this.dropTooLarge();
    while (this.token !== 0 && this.credit >= CREDIT_BYTES_MIN) {
      if (!outbox.build(i32(this.credit), i32(this.messageBytesMax))) break;
      this.credit -= i64(outbox.messageSize);
      this.sent = outbox.sequence - 1;
      addLitter(64);
      sendMessage(this.token, outbox.message, outbox.messageSize);
      count(Counter.Batches);
      this.dropTooLarge();
    }
  }

  /** An observation larger than any message the sidecar takes must not hold up the others. */
  private dropTooLarge(): void {
    const outbox = this.outbox;
    for (;;) {
      const rollout = outbox.takeTooLarge(i32(this.messageBytesMax));
      if (rollout < 0) return;
      outbox.drop(rollout, DropReason.QueueFull);
      count(dropCounter(DropReason.QueueFull));
    }
  }

  /** Whether the sidecar has acknowledged everything that was queued. */
  settled(): bool {
    return !this.greeted || (this.outbox.isEmpty && this.acknowledged >= this.sent);
  }

  /** Ends our side. */
  close(): void {
    if (this.token !== 0) closeStream(this.token);
    this.token = 0;
    this.greeted = false;
  }

  /** The stream has ended, by the peer or by Envoy. Tokens that are not ours are ignored. */
  ended(token: u32, nowMs: u64): void {
    if (token === 0 || token !== this.token) return;
    closeStream(token);
    this.fail(nowMs);
  }

  receive(token: u32, size: i32): void {
    if (token === 0 || token !== this.token) return;
    addLitter(MESSAGE_LITTER);
    this.heardMs = now(Clock.Monotonic) / 1_000_000;
    const read = size > RECEIVED_BYTES_MAX ? -1 : readBuffer(Buffer.GrpcReceive, size);
    const message = read < 0 ? new SidecarMessage() : decodeSidecarMessage(landed(), read);
    if (read < 0 || message.kind === SidecarMessageKind.Malformed) {
      count(Counter.MessagesMalformed);
      return;
    }
    if (message.kind === SidecarMessageKind.Limits) this.greet(message);
    else if (message.kind === SidecarMessageKind.Ack) this.acknowledge(message);
    else if (message.kind === SidecarMessageKind.Traffic) this.take(message);
  }

  private connect(nowMs: u64): void {
    addLitter(MESSAGE_LITTER);
    this.heardMs = nowMs;
    this.greeted = false;
    this.credit = 0;
    this.sent = 0;
    this.acknowledged = 0;
    const token = openStream(this.service, SERVICE, METHOD);
    if (token === 0) {
      this.fail(nowMs);
      return;
    }
    this.token = token;
    count(Counter.StreamsOpened);
    const hello = encodeHello(this.hello());
    sendMessage(token, hello, hello.length);
  }

  private fail(nowMs: u64): void {
    this.token = 0;
    this.greeted = false;
    this.credit = 0;
    const random = new StaticArray<u8>(2);
    fillRandom(random);
    this.retryAtMs = nowMs + this.backoff.next((u64(random[0]) << 8) | u64(random[1]));
    count(Counter.StreamsFailed);
  }

  private hello(): Hello {
    const hello = new Hello();
    if (this.source === "") this.source = randomName();
    hello.source = this.source;
    const size = readProperty(NODE_ID);
    if (size > 0) hello.nodeId = ascii(landed(), min(size, 256));
    for (let i = 0; i < this.rollouts.length; i++) {
      const rollout = this.rollouts[i];
      hello.rollouts.push(rollout.config.name);
      if (!rollout.traffic.known) continue;
      hello.inForce.push(new InForce(rollout.config.name, rollout.traffic, ""));
    }
    hello.nextSequence = this.outbox.sequence;
    return hello;
  }

  private greet(message: SidecarMessage): void {
    if (this.greeted) return;
    this.greeted = true;
    this.backoff.reset();
    const bytesMax = message.messageBytesMax;
    this.messageBytesMax = min(bytesMax, u32(i32.MAX_VALUE));
    this.credit = min(i64(message.creditBytes), CREDIT_BYTES_MAX);
    this.flush();
  }

  private acknowledge(message: SidecarMessage): void {
    if (!this.greeted) return;
    if (message.sequence > this.acknowledged) this.acknowledged = message.sequence;
    this.credit = min(this.credit + i64(message.creditBytes), CREDIT_BYTES_MAX);
    if (this.outbox.isFull) this.flush();
  }

  /** Puts traffic in force, or says why not. */
  private take(message: SidecarMessage): void {
    const rollout = this.rolloutNamed(message.rollout);
    if (rollout === null) {
      count(Counter.TrafficRefused);
      this.answer(new InForce(message.rollout, message.traffic, "rollout: not configured here"));
      return;
    }
    const refusal = refusalFor(rollout, message);
    if (refusal === "") {
      if (!rollout.traffic.known || !rollout.traffic.same(message.traffic)) {
        rollout.traffic.set(message.traffic);
        shareTraffic(rollout.config, rollout.traffic);
      }
      count(Counter.TrafficTaken);
    } else count(Counter.TrafficRefused);
    this.answer(new InForce(rollout.config.name, rollout.traffic, refusal));
  }

  private rolloutNamed(name: string): ActiveRollout | null {
    for (let i = 0; i < this.rollouts.length; i++) {
      if (this.rollouts[i].config.name === name) return this.rollouts[i];
    }
    return null;
  }

  private answer(inForce: InForce): void {
    const bytes = encodeInForce(inForce);
    sendMessage(this.token, bytes, bytes.length);
  }
}

/** Why the traffic can't be served by the rollout as it is configured here; "" when it can. */
function refusalFor(rollout: ActiveRollout, message: SidecarMessage): string {
  const config = rollout.config;
  let refusal = versionRefusal("primary_version", message.primaryVersion, config.primary.version);
  if (refusal !== "") return refusal;
  const said = message.candidateVersion;
  refusal = versionRefusal("candidate_version", said, config.candidate.version);
  return refusal === "" ? refusalOf(rollout.traffic, message.traffic) : refusal;
}

/** 16 random bytes in hexadecimal. */
function randomName(): string {
  const random = new StaticArray<u8>(16);
  const text = new StaticArray<u8>(32);
  fillRandom(random);
  hexInto(random, text);
  return ascii(text, text.length);
}
