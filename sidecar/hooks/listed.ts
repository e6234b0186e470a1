import { httpProbe } from "../outgoing/probe.ts";
import type { Hook, Hooks } from "../ports/hooks.ts";
import type { Probe } from "../ports/probe.ts";
import type { Clock } from "../ports.ts";
import { hooksOf } from "./hooks.ts";
import type { HooksSettings } from "./hooksFile.ts";

/** What the owner of a sidecar lets plans ask, which may change while it is asked. */
export class Listed {
  /** The same map all the time, whose content changes. */
  readonly hooks: Hooks;
  readonly probe: Probe;
  readonly #byName = new Map<string, Hook>();
  readonly #clock: Clock;
  #probe: Probe = httpProbe();

  constructor(settings: HooksSettings | undefined, clock: Clock) {
    this.#clock = clock;
    this.hooks = this.#byName;
    this.probe = { check: (url, signal) => this.#probe.check(url, signal) };
    this.renew(settings);
  }

  /** Lists this from now on. Who is being asked now is not interrupted. */
  renew(settings: HooksSettings | undefined): void {
    this.#byName.clear();
    for (const [name, hook] of hooksOf(settings, this.#clock)) {
      this.#byName.set(name, hook);
    }
    this.#probe = httpProbe(settings?.probes);
  }
}
