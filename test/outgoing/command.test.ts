import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Command, type CommandEnd, runCommand } from "../../sidecar/outgoing/command.ts";
import { OutgoingError } from "../../sidecar/ports/outgoing.ts";
import { until } from "../support/until.ts";

const WAIT = { deadlineMs: 20_000 };

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "understudy-run-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A script of sh, which is a program like any other. */
function script(context: TestContext, text: string): Command {
  const environment = { PATH: process.env.PATH ?? "" };
  return { run: ["sh", "-c", text], folder: folderFor(context), environment, input: "" };
}

function running(command: Command, timeoutMs = 10_000): Promise<CommandEnd> {
  return runCommand(command, AbortSignal.timeout(timeoutMs));
}

async function errorOf(work: Promise<CommandEnd>): Promise<OutgoingError> {
  const error: unknown = await work.catch((reason: unknown) => reason);
  assert.ok(error instanceof OutgoingError, String(error));
  return error;
}

/** Whether the process whose id is in the file is there, and no corpse. */
function isAlive(path: string): boolean {
  const pid = readFileSync(path, "utf8").trim();
  const status = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/status`, "utf8") : "Z";
  return !/^State:\s+Z/m.test(status) && status !== "Z";
}

test("a program's exit code and its last line that says something are told", async (context) => {
  assert.deepEqual(await running(script(context, "echo one; echo two >&2; echo; exit 3")), {
    exitCode: 3,
    lastLine: "two",
  });
  assert.deepEqual(await running(script(context, "exit 0")), { exitCode: 0, lastLine: "" });
});

test("arguments are what was written: no shell sees them", async (context) => {
  const given = { ...script(context, ""), run: ["printf", "%s", "$HOME; echo x | cat `id`"] };
  assert.equal((await running(given)).lastLine, "$HOME; echo x | cat `id`");
});

test("a program has the environment, the input and the folder that it was given, and nothing else of ours", async (context) => {
  const given = script(context, "cat; echo; env | sort | tr '\\n' ' '; pwd > here");
  const environment = { PATH: "/usr/bin:/bin", ONE: "1" };
  const end = await running({ ...given, environment, input: "told" });
  assert.match(end.lastLine, /^(OLDPWD=\S* )?ONE=1 PATH=\S+ PWD=\S+( SHLVL=\S+)?( _=\S+)?$/);
  assert.equal(readFileSync(join(given.folder, "here"), "utf8").trim(), given.folder);
});

test("a program that does not read its input ends as it likes", async (context) => {
  const end = await running({ ...script(context, "exit 0"), input: "x".repeat(1 << 20) });
  assert.equal(end.exitCode, 0);
});

test("a program that can't be started is misconfigured", async (context) => {
  const error = await errorOf(running({ ...script(context, ""), run: ["/nowhere/program"] }));
  assert.deepEqual([error.code, error.message], ["misconfigured", "can't be started: ENOENT"]);
});

test("at the timeout a program and all that it started are ended, in time", async (context) => {
  const given = script(context, "sleep 600 & echo $! > child; echo $$ > self; wait");
  const error = await errorOf(running(given, 300));
  assert.deepEqual([error.code, error.message], ["unreachable", "had not ended in time"]);
  const areGone = () => !["child", "self"].some((name) => isAlive(join(given.folder, name)));
  await until(areGone, { ...WAIT, what: "nothing of it is left" });
});

test("a program that does not listen to SIGTERM is killed, with what it started", async (context) => {
  const given = script(
    context,
    'trap "" TERM; sleep 600 & echo $! > child; echo $$ > self; while true; do sleep 0.1; done',
  );
  assert.equal((await errorOf(running(given, 300))).code, "unreachable");
  const areGone = () => !["child", "self"].some((name) => isAlive(join(given.folder, name)));
  await until(areGone, { ...WAIT, what: "nothing of it is left" });
});

test("what a program leaves behind in its group ends with it, and is not waited for", async (context) => {
  const given = script(context, "sleep 600 & echo $! > child; echo done; exit 0");
  assert.deepEqual(await running(given), { exitCode: 0, lastLine: "done" });
  const isGone = () => !isAlive(join(given.folder, "child"));
  await until(isGone, { ...WAIT, what: "nothing of it is left" });
});

test("a program that writes without end is ended, and no more than the end of it is kept", async (context) => {
  const error = await errorOf(running(script(context, "yes")));
  assert.deepEqual([error.code, error.message], ["failed", "wrote more than 1048576 bytes"]);
  const long = await running(script(context, "head -c 100000 /dev/zero | tr '\\0' x"));
  assert.equal(long.lastLine.length, 300);
});

test("a program that is killed by somebody has not answered", async (context) => {
  const error = await errorOf(running(script(context, "kill -9 $$")));
  assert.deepEqual([error.code, error.message], ["failed", "was ended by a signal"]);
});

test("what a program writes can't steer a terminal", async (context) => {
  const end = await running(
    script(context, "printf 'bad \\033[31mred\\a\\342\\200\\256 end\\r\\n'"),
  );
  assert.equal(end.lastLine, "bad  [31mred  end");
});

test("a program is not started once it is too late", async (context) => {
  const given = script(context, "touch started");
  assert.equal((await errorOf(runCommand(given, AbortSignal.abort()))).code, "unreachable");
  assert.equal(existsSync(join(given.folder, "started")), false);
});
