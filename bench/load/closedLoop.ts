import { type Connection, openConnections } from "./connection.ts";
import { deferred } from "./deferred.ts";
import type { Requests } from "./requests.ts";

/** A load that saturates: every connection sends its next request as soon as the answer is in. */
export type ClosedLoop = {
  /** Requests answered so far. */
  answered(): number;
  /** Of these, those answered with anything but 200. */
  failed(): number;
  /** Resolves when `count` requests are answered, or a connection broke (`stop` tells). */
  reaches(count: number): Promise<void>;
  /** Lets requests under way end, then closes. Rejects when a connection broke during the load. */
  stop(): Promise<void>;
};

/** Starts sending to a port of this machine over `connections` connections. */
export async function startClosedLoop(
  port: number,
  connections: number,
  requests: Requests,
): Promise<ClosedLoop> {
  let next = 0;
  let answered = 0;
  let failed = 0;
  let stopping = false;
  let idle = 0;
  let broken: Error | undefined;
  let goal = Number.POSITIVE_INFINITY;
  const reached = deferred();
  const drained = deferred();
  const send = (connection: Connection): void => {
    const request = requests[next++ % requests.length];
    if (stopping || request === undefined) {
      idle += 1;
      if (idle === connections) {
        drained.resolve();
      }
      return;
    }
    connection.send(request);
  };
  const opened = await openConnections(port, connections, {
    onAnswer: (connection, status) => {
      answered += 1;
      failed += status === 200 ? 0 : 1;
      if (answered >= goal) {
        reached.resolve();
      }
      send(connection);
    },
    onBroken: (error) => {
      broken ??= error;
      reached.resolve();
      drained.resolve();
    },
  });
  opened.forEach(send);
  return {
    answered: () => answered,
    failed: () => failed,
    reaches: (count) => {
      goal = count;
      return reached.promise;
    },
    stop: async () => {
      stopping = true;
      await drained.promise;
      for (const connection of opened) {
        connection.close();
      }
      if (broken !== undefined) {
        throw new Error(`a connection broke under load: ${broken.message}`, { cause: broken });
      }
    },
  };
}
