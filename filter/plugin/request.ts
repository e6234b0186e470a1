import { HeaderMap } from "../abi/enums";
import { fillRandom, readPairs, removeHeader, setHeader } from "../abi/host";
import { landed } from "../abi/memory";
import { decodePairs } from "../abi/pairs";
import { hexInto } from "../policy/bytes";
import { Counter, dropCounter } from "../policy/counters";
import { DropReason } from "../policy/drops";
import { Exchange } from "../policy/exchange";
import { Headers, OVERRIDE, RequestHead, ROLLOUT, SHADOW, VARIANT } from "../policy/headers";
import { overrideOf } from "../policy/override";
import { bucketOf, Variant, variantOf } from "../policy/split";
import { Found, StickyKind } from "../policy/sticky";
import { captureBody, captureHead } from "./capturedRequest";
import { ActiveRollout } from "./rollout";
import { Root } from "./root";
import { completeShadow, copyBody, planSecondary, planShadow } from "./shadow";
import { count, nowNs, unixMs } from "./world";

const KEY_BYTES: i32 = 16;

const headers = new Headers();
const head = new RequestHead();
const found = new Found();
const random = new StaticArray<u8>(KEY_BYTES);

/** Chooses the variant of a request and, where it is in the cohort, begins to copy it. */
export function requestHeaders(root: Root | null, exchange: Exchange | null, ended: bool): void {
  const size = readPairs(HeaderMap.RequestHeaders);
  headers.bytes = landed();
  headers.count = size < 0 ? -1 : decodePairs(headers.bytes, size, headers.spans);
  if (headers.count < 0) {
    stripUnread();
    return;
  }
  head.read(headers);
  const trusted = root !== null && root.trustsShadow && head.shadow >= 0;
  strip(trusted);
  if (root === null || exchange === null) return;
  if (trusted) {
    count(Counter.RequestsTrustedShadow);
    return;
  }
  const tested = root.matchTest(headers, head);
  const rollout = tested !== null ? tested : root.match(headers, head);
  if (rollout === null) {
    count(Counter.RequestsUnmatched);
    return;
  }
  head.isTest = tested !== null;
  serve(root, rollout, exchange);
  if (ended) completeShadow(root, exchange);
}

/** A piece of the request's body passes. */
export function requestBody(root: Root, exchange: Exchange, size: i32, ended: bool): void {
  copyBody(root, exchange, size);
  captureBody(root, exchange, size);
  if (ended) completeShadow(root, exchange);
}

/** The headers can't be read: ours are removed unseen, and the request goes to the primary. */
function stripUnread(): void {
  removeHeader(HeaderMap.RequestHeaders, VARIANT);
  removeHeader(HeaderMap.RequestHeaders, SHADOW);
  removeHeader(HeaderMap.RequestHeaders, OVERRIDE);
  removeHeader(HeaderMap.RequestHeaders, ROLLOUT);
  count(dropCounter(DropReason.Headers));
}

/** Removes the client's copies of our headers; a trusted shadow keeps its mark and its variant. */
function strip(trusted: bool): void {
  if (noneSent()) return;
  if (head.overrideAt >= 0) removeHeader(HeaderMap.RequestHeaders, OVERRIDE);
  if (head.rollout >= 0) removeHeader(HeaderMap.RequestHeaders, ROLLOUT);
  if (trusted) return;
  if (head.variant >= 0) removeHeader(HeaderMap.RequestHeaders, VARIANT);
  if (head.shadow >= 0) removeHeader(HeaderMap.RequestHeaders, SHADOW);
  count(Counter.HeadersStripped);
}

function noneSent(): bool {
  return head.variant < 0 && head.shadow < 0 && head.overrideAt < 0 && head.rollout < 0;
}

function serve(root: Root, rollout: ActiveRollout, exchange: Exchange): void {
  const subject = exchange.subject;
  const traffic = rollout.traffic;
  exchange.budget = rollout.limits.budget;
  exchange.startNs = nowNs();
  subject.rollout = rollout.index;
  subject.generation = traffic.generation;
  subject.overridden = false;
  const bucket = chooseByKey(rollout, exchange);
  chooseByOverride(rollout, exchange);
  count(subject.served === Variant.Candidate ? Counter.RequestsCandidate : Counter.RequestsPrimary);
  if (head.streaming) root.drop(rollout.index, DropReason.Streaming);
  else if (traffic.known) observe(root, rollout, exchange, bucket);
  const version = rollout.config.variant(subject.served).versionBytes;
  // Last, and once: a change of headers makes Envoy choose the route again.
  setHeader(HeaderMap.RequestHeaders, VARIANT, version);
}

/** Chooses the variant by the user's bucket, which it returns. */
function chooseByKey(rollout: ActiveRollout, exchange: Exchange): u32 {
  const subject = exchange.subject;
  const sticky = rollout.config.sticky;
  let keyed = sticky.find(headers, found);
  if (!keyed && sticky.kind === StickyKind.Cookie) return chooseByFreshKey(rollout, exchange);
  if (!keyed) keyed = sticky.findRequestId(headers, head, found);
  if (!keyed) {
    // Nothing to split by: the primary, and no evidence of a random split.
    count(Counter.RequestsUnkeyed);
    subject.hash = 0;
    subject.served = Variant.Primary;
    subject.overridden = true;
    return u32.MAX_VALUE;
  }
  subject.hash = rollout.config.key.hash(headers.bytes, found.start, found.end);
  const bucket = bucketOf(subject.hash);
  subject.served = variantOf(bucket, rollout.traffic.candidateBp);
  return bucket;
}

/** A user without the cookie gets one with the answer, and is split by it at once. */
function chooseByFreshKey(rollout: ActiveRollout, exchange: Exchange): u32 {
  if (exchange.cookieKey.length === 0) exchange.cookieKey = new StaticArray<u8>(KEY_BYTES * 2);
  fillRandom(random);
  hexInto(random, exchange.cookieKey);
  exchange.issuesCookie = true;
  exchange.https = head.https;
  const subject = exchange.subject;
  subject.hash = rollout.config.key.hash(exchange.cookieKey, 0, exchange.cookieKey.length);
  const bucket = bucketOf(subject.hash);
  subject.served = variantOf(bucket, rollout.traffic.candidateBp);
  return bucket;
}

/** A test route is for the candidate; a secret chooses there too. */
function chooseByOverride(rollout: ActiveRollout, exchange: Exchange): void {
  let chosen: i32 = head.isTest ? Variant.Candidate : 0;
  const i = head.overrideAt;
  if (i >= 0) {
    const overrides = rollout.config.overrides;
    const start = headers.valueStart(i);
    const asked = overrideOf(overrides, headers.bytes, start, headers.valueEnd(i));
    if (asked === 0) count(Counter.OverridesRefused);
    else chosen = asked;
  }
  if (chosen === 0) return;
  exchange.subject.served = chosen as Variant;
  exchange.subject.overridden = true;
  count(Counter.RequestsOverridden);
}

/** Keeps what the observation will say, and copies the request if its bucket is in the cohort. */
function observe(root: Root, rollout: ActiveRollout, exchange: Exchange, bucket: u32): void {
  const subject = exchange.subject;
  const traffic = rollout.traffic;
  exchange.observed = true;
  exchange.deadlineNs = exchange.startNs + u64(rollout.requestTimeoutMs) * 1_000_000;
  subject.startUnixMs = unixMs(exchange.startNs);
  const id = head.requestId;
  subject.requestId.length = 0;
  if (id >= 0) subject.requestId.set(headers.bytes, headers.valueStart(id), headers.valueEnd(id));
  subject.path.length = 0;
  if (head.path < 0) return;
  const start = headers.valueStart(head.path);
  const end = head.pathEnd;
  const shadow = rollout.config.shadow;
  subject.path.set(headers.bytes, start, end);
  exchange.isGrpc = head.grpc;
  exchange.isUnary = head.grpc && shadow.lists(headers.bytes, start, end, true);
  if ((!head.grpc || exchange.isUnary) && rollout.captures()) captureHead(exchange, headers);
  if (bucket < traffic.shadowBp) copy(root, rollout, exchange, bucket);
}

/** Begins to copy a request of the cohort, unless its path is not listed or the candidate's are not copied. */
function copy(root: Root, rollout: ActiveRollout, exchange: Exchange, bucket: u32): void {
  const traffic = rollout.traffic;
  if (exchange.subject.served === Variant.Candidate && !traffic.shadowPrimary) return;
  if (head.grpc) {
    if (!exchange.isUnary) {
      root.drop(rollout.index, DropReason.Streaming);
      return;
    }
  } else {
    const start = headers.valueStart(head.path);
    if (!rollout.config.shadow.lists(headers.bytes, start, head.pathEnd, false)) return;
  }
  planShadow(root, rollout, exchange, headers);
  if (bucket < traffic.noiseBp) planSecondary(root, rollout, exchange, headers);
}
