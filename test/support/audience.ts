import type { Client, Sent } from "./client.ts";
import { USER_HEADER } from "./filterConfig.ts";

/** Users who ask again and again until they are sent home. */
export type Audience = {
  /** Requests answered so far, and those of them that failed. */
  readonly asked: () => number;
  readonly failed: () => readonly string[];
  /** Sends them home; settles when the last answer is in. */
  readonly leave: () => Promise<void>;
};

/** Names of so many users. */
export function userNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `user-${index}`);
}

/** Lets users ask, each in turn, a few at a time; what they send is as `Client` has it, but for what is given. */
export function seatAudience(
  users: Client,
  names: readonly string[],
  sent: Pick<Sent, "path" | "headers"> = {},
): Audience {
  let isOver = false;
  let asked = 0;
  const failed: string[] = [];
  const ask = async (name: string): Promise<void> => {
    try {
      const headers = { ...sent.headers, [USER_HEADER]: name };
      const { status, body } = await users.send({ ...sent, headers });
      if (status !== 200) {
        failed.push(`${name}: ${status} ${body.slice(0, 100)}`);
      }
    } catch (error) {
      failed.push(`${name}: ${String(error)}`);
    }
    asked += 1;
  };
  const row = async (first: number, rows: number): Promise<void> => {
    for (let seat = first; !isOver; seat = (seat + rows) % names.length) {
      await ask(names[seat] ?? "");
    }
  };
  const rows = Promise.all(Array.from({ length: 4 }, (_, index) => row(index, 5)));
  return {
    asked: () => asked,
    failed: () => failed,
    leave: async () => {
      isOver = true;
      await rows;
    },
  };
}
