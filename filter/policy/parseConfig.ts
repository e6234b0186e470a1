import { PluginConfig, RolloutConfig, VariantConfig } from "./config";
import { Fields, quoted } from "./fields";
import { JsonParser } from "./json";
import { Match } from "./match";
import { Override } from "./override";
import { parseMatch, parsePath } from "./parseMatch";
import { parseSticky } from "./parseSticky";
import { SplitKey, Variant } from "./split";
import { isName, isPrintable } from "./words";

/** Largest plugin configuration. */
export const CONFIG_BYTES_MAX: i32 = 256 * 1024;

const ROLLOUTS_MAX: i32 = 64;
const OVERRIDES_MAX: i32 = 8;
const TEST_ROUTES_MAX: i32 = 8;
const PATHS_MAX: i32 = 64;
/** Two captured bodies and all else of a pair must fit one message to the sidecar. */
const BODY_BYTES_LIMIT: i32 = 122_880;

/** Either a configuration or every problem found in it. */
export class ParsedConfig {
  readonly config: PluginConfig = new PluginConfig();
  /** Empty when the configuration can be used. */
  readonly problems: string[] = [];
}

/** Parses a plugin configuration. Never traps, whatever the bytes. */
export function parseConfig(bytes: StaticArray<u8>): ParsedConfig {
  const out = new ParsedConfig();
  if (bytes.length > CONFIG_BYTES_MAX) {
    const allowed = `at most ${CONFIG_BYTES_MAX.toString()}`;
    out.problems.push(`configuration: ${bytes.length.toString()} bytes: ${allowed}`);
    return out;
  }
  const parser = new JsonParser(bytes);
  const json = parser.parse();
  if (parser.problem !== "") {
    out.problems.push(`configuration: ${parser.problem}: a JSON object`);
    return out;
  }
  const top = new Fields(json, "", out.problems);
  const config = out.config;
  const sidecar = top.required("sidecar");
  config.cluster = cluster(sidecar, "cluster");
  config.authority = sidecar.text("authority", "understudy");
  if (!isPrintable(config.authority, 1, 256)) {
    sidecar.report("authority", quoted(config.authority), "1 to 256 printable characters");
  }
  sidecar.close();
  config.trustShadow = top.flag("trustShadow", false);
  const rollouts = top.objects("rollouts", ROLLOUTS_MAX);
  for (let i = 0; i < rollouts.length; i++) config.rollouts.push(parseRollout(rollouts[i]));
  if (!top.has("rollouts")) top.report("rollouts", "missing", "a list");
  top.close();
  refuseTwins(config, out.problems);
  return out;
}

function parseRollout(fields: Fields): RolloutConfig {
  const out = new RolloutConfig();
  out.name = fields.requiredText("name");
  if (!isName(out.name)) {
    fields.report("name", quoted(out.name), "1 to 63 of a-z, 0-9, '.' and '-'");
  }
  out.matchText = parseMatch(fields.required("match"), out.match);
  const salt = fields.requiredText("salt");
  if (!isPrintable(salt, 8, 256)) {
    fields.report("salt", `${salt.length.toString()} characters`, "8 to 256 printable characters");
  }
  out.key = new SplitKey(salt);
  parseVariant(fields.required("primary"), out.primary, "primary");
  parseVariant(fields.required("candidate"), out.candidate, "candidate");
  if (out.primary.version === out.candidate.version) {
    fields.report("candidate.version", quoted(out.candidate.version), "another than primary's");
  }
  parseSticky(fields.object("sticky"), out.sticky);
  const overrides = fields.objects("overrides", OVERRIDES_MAX);
  for (let i = 0; i < overrides.length; i++) out.overrides.push(parseOverride(overrides[i]));
  const routes = fields.objects("testRoutes", TEST_ROUTES_MAX);
  for (let i = 0; i < routes.length; i++) parseTestRoute(routes[i], out);
  out.requestTimeoutMs = fields.integer("requestTimeoutMs", 100, 600_000, 15_000);
  const shadow = fields.object("shadow");
  if (shadow !== null) parseShadow(shadow, out);
  fields.close();
  return out;
}

function parseVariant(fields: Fields, out: VariantConfig, role: string): void {
  out.cluster = cluster(fields, "cluster");
  out.version = fields.text("version", role);
  if (!isPrintable(out.version, 1, 63) || out.version.includes(" ")) {
    fields.report("version", quoted(out.version), "1 to 63 printable characters without spaces");
  }
  fields.close();
  out.seal();
}

function parseOverride(fields: Fields): Override {
  const secret = fields.requiredText("secret");
  if (!isPrintable(secret, 16, 256)) {
    const given = `${secret.length.toString()} characters`;
    fields.report("secret", given, "16 to 256 printable characters");
  }
  const name = fields.requiredText("variant");
  if (name !== "primary" && name !== "candidate") {
    fields.report("variant", quoted(name), "primary or candidate");
  }
  fields.close();
  return new Override(secret, name === "candidate" ? Variant.Candidate : Variant.Primary);
}

function parseTestRoute(fields: Fields, out: RolloutConfig): void {
  const match = new Match();
  const text = parseMatch(fields, match);
  if (text === "") fields.report("", "every request", "a host, a path or headers");
  out.testRoutes.push(match);
  out.testTexts.push(text);
}

function parseShadow(fields: Fields, rollout: RolloutConfig): void {
  const out = rollout.shadow;
  const paths = fields.objects("paths", PATHS_MAX);
  for (let i = 0; i < paths.length; i++) {
    const grpc = parseGrpc(paths[i]);
    const pattern = parsePath(paths[i]);
    if (pattern === null) continue;
    pattern.grpc = grpc;
    out.paths.push(pattern);
  }
  out.timeoutMs = fields.integer("timeoutMs", 1, 60_000, min(2000, rollout.requestTimeoutMs));
  if (out.timeoutMs > rollout.requestTimeoutMs) {
    const most = `at most requestTimeoutMs (${rollout.requestTimeoutMs.toString()})`;
    fields.report("timeoutMs", out.timeoutMs.toString(), most);
  }
  out.inFlightMax = fields.integer("inFlightMax", 1, 4096, 128);
  out.perSecondMax = fields.integer("perSecondMax", 1, 100_000, 2000);
  out.bodyBytesMax = fields.integer("bodyBytesMax", 0, BODY_BYTES_LIMIT, 65_536);
  out.capturedBytesMax = fields.integer("capturedBytesMax", 262_144, 268_435_456, 16_777_216);
  fields.close();
}

/** Whether a path is said to be of unary calls in gRPC. */
function parseGrpc(fields: Fields): bool {
  if (!fields.has("grpc")) {
    fields.value("grpc");
    return false;
  }
  const kind = fields.requiredText("grpc");
  if (kind !== "unary") fields.report("grpc", quoted(kind), "unary: streams are not copied");
  return true;
}

function cluster(fields: Fields, key: string): string {
  const name = fields.requiredText(key);
  if (!isPrintable(name, 1, 256)) {
    fields.report(key, quoted(name), "a cluster's name, 1 to 256 printable characters");
  }
  return name;
}

/** Two rollouts of one name, or that are about the same requests or tests, are refused; both are named. */
function refuseTwins(config: PluginConfig, problems: string[]): void {
  const rollouts = config.rollouts;
  for (let i = 0; i < rollouts.length; i++) {
    refuseTwinRoutes(rollouts, i, problems);
    for (let k = 0; k < i; k++) {
      const place = `rollouts[${i.toString()}]`;
      const other = `rollouts[${k.toString()}]`;
      if (rollouts[i].name === rollouts[k].name) {
        const allowed = `another name than that of ${other}`;
        problems.push(`${place}.name: ${quoted(rollouts[i].name)}: ${allowed}`);
      }
      if (rollouts[i].matchText === rollouts[k].matchText) {
        const given = `${quoted(rollouts[i].name)} matches what ${quoted(rollouts[k].name)} does`;
        problems.push(`${place}.match: ${given}: another match than that of ${other}`);
      }
    }
  }
}

/** A test route that is another one, or that users take, is refused. */
function refuseTwinRoutes(rollouts: RolloutConfig[], i: i32, problems: string[]): void {
  const own = rollouts[i].testTexts;
  for (let route = 0; route < own.length; route++) {
    const place = `rollouts[${i.toString()}].testRoutes[${route.toString()}]`;
    for (let k = 0; k < rollouts.length; k++) {
      const other = `rollouts[${k.toString()}]`;
      if (own[route] === rollouts[k].matchText) {
        problems.push(`${place}: the match of ${other}: another route than users take`);
      }
      const twin = rollouts[k].testTexts.indexOf(own[route]);
      if (twin >= 0 && (k < i || (k === i && twin < route))) {
        problems.push(`${place}: that of ${other}: another test route`);
      }
    }
  }
}
