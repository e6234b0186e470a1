import { utf8 } from "./bytes";
import { Headers, RequestHead } from "./headers";
import { Match, PathPattern } from "./match";
import { Override } from "./override";
import { SplitKey, Variant } from "./split";
import { Sticky } from "./sticky";

/** Where a variant answers, and what its version is called. */
export class VariantConfig {
  cluster: string = "";
  version: string = "";
  clusterBytes: StaticArray<u8> = new StaticArray<u8>(0);
  versionBytes: StaticArray<u8> = new StaticArray<u8>(0);

  seal(): void {
    this.clusterBytes = utf8(this.cluster);
    this.versionBytes = utf8(this.version);
  }
}

/** What is copied, and how much of it at most. All limits are per worker. */
export class ShadowConfig {
  paths: PathPattern[] = [];
  timeoutMs: i32 = 2000;
  inFlightMax: i32 = 128;
  perSecondMax: i32 = 2000;
  bodyBytesMax: i32 = 65_536;
  capturedBytesMax: i32 = 16_777_216;

  /** Whether requests for this path, in gRPC or not, may be copied. */
  lists(path: StaticArray<u8>, start: i32, end: i32, grpc: bool): bool {
    for (let k = 0; k < this.paths.length; k++) {
      const pattern = unchecked(this.paths[k]);
      if (pattern.grpc === grpc && pattern.matches(path, start, end)) return true;
    }
    return false;
  }
}

/** One rollout of the plugin configuration. */
export class RolloutConfig {
  name: string = "";
  match: Match = new Match();
  /** The match in canonical form: two rollouts that have the same are refused. */
  matchText: string = "";
  key: SplitKey = new SplitKey("");
  primary: VariantConfig = new VariantConfig();
  candidate: VariantConfig = new VariantConfig();
  sticky: Sticky = new Sticky();
  overrides: Override[] = [];
  /** Requests that are tests of the candidate, with their canonical texts. */
  testRoutes: Match[] = [];
  testTexts: string[] = [];
  requestTimeoutMs: i32 = 15_000;
  shadow: ShadowConfig = new ShadowConfig();

  /** Whether a request comes by a test route. */
  isTest(headers: Headers, head: RequestHead): bool {
    for (let k = 0; k < this.testRoutes.length; k++) {
      if (unchecked(this.testRoutes[k]).matches(headers, head)) return true;
    }
    return false;
  }

  variant(which: Variant): VariantConfig {
    return which === Variant.Candidate ? this.candidate : this.primary;
  }
}

/** The plugin configuration, parsed. */
export class PluginConfig {
  cluster: string = "";
  authority: string = "understudy";
  trustShadow: bool = false;
  rollouts: RolloutConfig[] = [];
}
