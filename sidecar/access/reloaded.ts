import { stat } from "node:fs/promises";

/** Where what is read from files comes from, and who is told. */
export type Source<T> = {
  readonly files: readonly string[];
  /** Rejects when the files can't be used. */
  readonly read: () => Promise<T>;
  /** Told of a new value. */
  readonly taken: (value: T) => void;
  /** Told, once for each state of the files, why they can't be used. */
  readonly refused: (why: string) => void;
};

const CHECK_MS = 1_000;

/** What is in files, read again within about a second when they change. Files that can't be used leave what was read last in force. */
export class Reloaded<T> {
  readonly #source: Source<T>;
  readonly #timer: NodeJS.Timeout;
  #value: T;
  #stamp: string;
  #checking: Promise<void> | undefined;

  private constructor(source: Source<T>, value: T, stamp: string) {
    this.#source = source;
    this.#value = value;
    this.#stamp = stamp;
    this.#timer = setInterval(() => void this.check(), CHECK_MS).unref();
  }

  /** Rejects when the files can't be used. */
  static async open<T>(source: Source<T>): Promise<Reloaded<T>> {
    // Looked at before they are read: a change in between is seen at the next check.
    const stamp = await stampOf(source.files);
    return new Reloaded(source, await source.read(), stamp);
  }

  get value(): T {
    return this.#value;
  }

  /** Looks now; settles when it has. */
  check(): Promise<void> {
    this.#checking ??= this.#look().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const stamp = await stampOf(this.#source.files);
    if (stamp === this.#stamp) {
      return;
    }
    this.#stamp = stamp;
    try {
      this.#value = await this.#source.read();
      this.#source.taken(this.#value);
    } catch (error) {
      this.#source.refused(error instanceof Error ? error.message : String(error));
    }
  }
}

/** What tells one state of the files from another: also that a link leads elsewhere, and that a mode has changed. */
async function stampOf(files: readonly string[]): Promise<string> {
  const stamps = files.map((file) =>
    stat(file).then(
      ({ ino, size, mtimeMs, ctimeMs }) => [ino, size, mtimeMs, ctimeMs].join(" "),
      () => "absent",
    ),
  );
  return (await Promise.all(stamps)).join("\n");
}
