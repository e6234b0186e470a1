import { Answer } from "./answer";
import { Capture, CaptureBudget, releaseCapture } from "./capture";
import { Subject } from "./observation";
import { Variant } from "./split";

const NO_BUDGET = new CaptureBudget(0);

/** How far the copy of a request has come. */
export enum ShadowStage {
  /** Not shadowed, or given up. */
  None = 0,
  /** The request's body is being copied. */
  Copying = 1,
  /** Whole, and to be sent at the next tick. */
  Waiting = 2,
  /** Sent; the answer is to come. */
  Sent = 3,
  /** The answer, or its failure, is in. */
  Answered = 4,
}

/**
 * One user request and its copy. Kept in a pool: lives from the request's headers until the stream
 * has ended and no answer to the copy is to come.
 */
export class Exchange {
  /** Place in the pool, from 1. */
  readonly slot: u32;
  /** Id of the root context, 0 while the exchange is idle. */
  root: u32 = 0;
  /** Id of the stream's context; 0 when it has ended. */
  context: u32 = 0;
  /** Token of the copy's call; 0 when there is none. */
  token: u32 = 0;
  /** Whether the request is of a rollout and is reported. */
  observed: bool = false;
  reported: bool = false;
  /** Whether the request is captured: reported with its own body and its answer's. */
  isCaptured: bool = false;
  /** Whether the user's answer is complete. */
  answered: bool = false;
  /** Whether it is a stream: server-sent events, or of a call in gRPC that is not declared unary. */
  isStream: bool = false;
  /** Whether the request is a call in gRPC, and one that the configuration declares unary. */
  isGrpc: bool = false;
  isUnary: bool = false;
  /** Whether the answer is to issue a cookie with this key. */
  issuesCookie: bool = false;
  cookieKey: StaticArray<u8> = new StaticArray<u8>(0);
  https: bool = false;
  startNs: u64 = 0;
  deadlineNs: u64 = 0;
  sentNs: u64 = 0;
  stage: ShadowStage = ShadowStage.None;
  /** Where the copy goes. */
  shadowVariant: Variant = Variant.Candidate;
  /** The copy's headers as pairs, and its body so far. */
  shadowHeaders: Capture | null = null;
  shadowBody: Capture | null = null;
  /** The second copy, to the primary: the token of its call, how far it has come, its headers. */
  secondaryToken: u32 = 0;
  secondaryStage: ShadowStage = ShadowStage.None;
  secondaryHeaders: Capture | null = null;
  /** What the rollout's captures may take. */
  budget: CaptureBudget = NO_BUDGET;
  readonly subject: Subject = new Subject();
  /** What was asked, of a captured request: content headers and body. */
  readonly request: Answer = new Answer();
  readonly answer: Answer = new Answer();
  readonly shadow: Answer = new Answer();
  readonly secondary: Answer = new Answer();

  constructor(slot: u32) {
    this.slot = slot;
  }

  /** Whether nothing more will happen to it. */
  get isOver(): bool {
    if (this.context !== 0 || this.stage === ShadowStage.Waiting) return false;
    return this.token === 0 && this.secondaryToken === 0;
  }

  /** Whether all answers that can come are in, so that it can be reported. */
  get isComplete(): bool {
    return this.answered && isSettled(this.stage) && isSettled(this.secondaryStage);
  }

  /** Whether there is an answer to compare the user's with, or will be. */
  get isPair(): bool {
    return this.stage !== ShadowStage.None && !this.reported;
  }

  /** Whether the body of the user's answer is wanted. */
  get keepsAnswer(): bool {
    return !this.reported && (this.isCaptured || this.stage !== ShadowStage.None);
  }

  /** Gives up copies that are not sent yet, or are sent and no longer awaited. */
  dropShadow(): void {
    this.releaseCopy();
    this.stage = ShadowStage.None;
    this.shadow.clear(this.budget);
    this.dropSecondary();
    if (!this.isCaptured) this.answer.dropBody(this.budget);
  }

  /** Gives up the second copy only. */
  dropSecondary(): void {
    this.secondaryStage = ShadowStage.None;
    this.secondary.clear(this.budget);
  }

  /** Gives back the copies' headers and body, once sent or given up. */
  releaseCopy(): void {
    const headers = this.shadowHeaders;
    if (headers !== null) releaseCapture(this.budget, headers);
    this.shadowHeaders = null;
    const secondary = this.secondaryHeaders;
    if (secondary !== null) releaseCapture(this.budget, secondary);
    this.secondaryHeaders = null;
    const body = this.shadowBody;
    if (body !== null) releaseCapture(this.budget, body);
    this.shadowBody = null;
  }

  /** Gives back everything that is held for a report. Without a copy nothing of one is held. */
  clear(): void {
    this.answer.clear(this.budget);
    if (this.isCaptured) this.request.clear(this.budget);
    if (this.stage === ShadowStage.None) return;
    this.releaseCopy();
    this.shadow.clear(this.budget);
    this.secondary.clear(this.budget);
  }

  /** Makes an idle exchange ready for a stream. */
  begin(root: u32, context: u32): void {
    this.root = root;
    this.context = context;
    this.budget = NO_BUDGET;
    this.token = 0;
    this.secondaryToken = 0;
    this.secondaryStage = ShadowStage.None;
    this.observed = false;
    this.reported = false;
    this.answered = false;
    this.isStream = false;
    this.isGrpc = false;
    this.isUnary = false;
    this.isCaptured = false;
    this.issuesCookie = false;
    this.stage = ShadowStage.None;
  }
}

/** Whether nothing is to come of a copy. */
function isSettled(stage: ShadowStage): bool {
  return stage === ShadowStage.None || stage === ShadowStage.Answered;
}
