import { CONFIG_KEYS } from "../../config.ts";
import { EXIT } from "../exitCodes.ts";
import { type Flag, parseFlags } from "../flags.ts";
import { checkOperands, type Verb } from "../verb.ts";

/** What values are called; those of other flags are files. */
const VALUES: Readonly<Record<string, string>> = {
  grpc: "ADDR",
  http: "ADDR",
  kube: "FILE|cluster",
  rollouts: "NAMESPACE",
};

const flags: Readonly<Record<string, Flag>> = Object.fromEntries(
  CONFIG_KEYS.map(({ flag, default: preset, meaning }) => [
    flag,
    {
      type: "string",
      default: preset,
      value: VALUES[flag] ?? "FILE",
      meaning,
    },
  ]),
);

/** `understudy serve`: its flags are checked here by name, and read by `config.ts`. */
export const serve: Verb = {
  operands: "",
  flags,
  about: ["Logs JSON lines on standard output. Without --callers only this machine may reach it."],
  examples: ["serve --store /var/lib/understudy/rollouts.sqlite"],
  run: async (args, { output }) => {
    checkOperands("", parseFlags(flags, args).operands);
    return (await output.serve?.(args)) ?? EXIT.failed;
  },
};
