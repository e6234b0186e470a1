import { RolloutConfig, VariantConfig } from "./config";
import { ParsedConfig } from "./parseConfig";
import { StickyKind } from "./sticky";

/** A parsed configuration as JSON with every default filled in, secrets left out; or its problems. */
export function describeConfig(parsed: ParsedConfig): string {
  if (parsed.problems.length > 0) {
    const lines: string[] = [];
    for (let i = 0; i < parsed.problems.length; i++) lines.push(quote(parsed.problems[i]));
    return `{"problems":[${lines.join(",")}]}`;
  }
  const config = parsed.config;
  const rollouts: string[] = [];
  for (let i = 0; i < config.rollouts.length; i++) rollouts.push(rollout(config.rollouts[i]));
  const sidecar = `{"cluster":${quote(config.cluster)},"authority":${quote(config.authority)}}`;
  const trust = config.trustShadow ? "true" : "false";
  const list = rollouts.join(",");
  return `{"config":{"sidecar":${sidecar},"trustShadow":${trust},"rollouts":[${list}]}}`;
}

function rollout(config: RolloutConfig): string {
  const fields: string[] = [
    `"name":${quote(config.name)}`,
    `"match":${match(config)}`,
    `"primary":${variant(config.primary)}`,
    `"candidate":${variant(config.candidate)}`,
    `"sticky":${sticky(config)}`,
    `"overrides":${config.overrides.length}`,
    `"testRoutes":${config.testRoutes.length}`,
    `"requestTimeoutMs":${config.requestTimeoutMs}`,
    `"shadow":${shadow(config)}`,
  ];
  return `{${fields.join(",")}}`;
}

function match(config: RolloutConfig): string {
  const fields: string[] = [];
  const host = config.match.host;
  if (host !== null) fields.push(`"host":${quote(host.text)}`);
  const path = config.match.path;
  if (path !== null) fields.push(`"path":{${quote(kindName(path.kind))}:${quote(path.text)}}`);
  const headers: string[] = [];
  for (let i = 0; i < config.match.headers.length; i++) {
    const header = config.match.headers[i];
    headers.push(`{"name":${quote(header.name)},"value":${quote(header.value)}}`);
  }
  if (headers.length > 0) fields.push(`"headers":[${headers.join(",")}]`);
  return `{${fields.join(",")}}`;
}

function variant(config: VariantConfig): string {
  return `{"cluster":${quote(config.cluster)},"version":${quote(config.version)}}`;
}

function sticky(config: RolloutConfig): string {
  const from = config.sticky;
  if (from.kind === StickyKind.Header) return `{"header":${quote(from.name)}}`;
  if (from.kind === StickyKind.RequestId) return `{"requestId":true}`;
  const path = quote(from.path);
  return `{"cookie":{"name":${quote(from.name)},"ttlSeconds":${from.ttlSeconds},"path":${path}}}`;
}

function shadow(config: RolloutConfig): string {
  const from = config.shadow;
  const paths: string[] = [];
  for (let i = 0; i < from.paths.length; i++) {
    const grpc = from.paths[i].grpc ? `,"grpc":"unary"` : "";
    paths.push(`{${quote(kindName(from.paths[i].kind))}:${quote(from.paths[i].text)}${grpc}}`);
  }
  const fields: string[] = [
    `"paths":[${paths.join(",")}]`,
    `"timeoutMs":${from.timeoutMs}`,
    `"inFlightMax":${from.inFlightMax}`,
    `"perSecondMax":${from.perSecondMax}`,
    `"bodyBytesMax":${from.bodyBytesMax}`,
    `"capturedBytesMax":${from.capturedBytesMax}`,
  ];
  return `{${fields.join(",")}}`;
}

function kindName(kind: i32): string {
  const names: string[] = ["prefix", "exact", "template"];
  return names[kind];
}

/** A text as JSON. */
function quote(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22 || code === 0x5c) out += `\\${text.charAt(i)}`;
    else if (code < 0x20) out += "?";
    else out += text.charAt(i);
  }
  return `${out}"`;
}
