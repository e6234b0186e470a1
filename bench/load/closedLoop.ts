import { type Connection, openConnections } from "./connection.ts";
import { type Deferred, deferred } from "./deferred.ts";
import type { Requests } from "./requests.ts";

/** Enough that the front rarely waits for the upstream and the load, which share a core: with 32 it was idle for up to half of its time. */
const CONNECTIONS = 128;

/** A load that saturates: every connection sends its next request as soon as the answer is in. */
export class ClosedLoop {
  readonly #requests: Requests;
  #connections: readonly Connection[] = [];
  /** Of the run under way. */
  #answered: Deferred | undefined;
  #next = 0;
  #toSend = 0;
  #underWay = 0;
  #failed = 0;
  #broken: Error | undefined;

  private constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Opens connections to a port of this machine. Rejects when one can't be made. */
  static async open(port: number, requests: Requests): Promise<ClosedLoop> {
    const loop = new ClosedLoop(requests);
    loop.#connections = await openConnections(port, CONNECTIONS, {
      onAnswer: (connection, status) => loop.#take(connection, status),
      onBroken: (error) => loop.#break(error),
    });
    return loop;
  }

  /** Sends `count` requests and resolves when all are answered. Rejects when one failed or a connection broke. One run at a time. */
  async run(count: number): Promise<void> {
    if (this.#broken !== undefined) {
      throw this.#broken;
    }
    const answered = deferred();
    this.#answered = answered;
    this.#toSend = count;
    this.#failed = 0;
    for (const connection of this.#connections) {
      this.#send(connection);
    }
    await answered.promise;
    this.#answered = undefined;
    if (this.#failed > 0) {
      throw new Error(`${this.#failed} of ${count} requests failed: nothing to compare`);
    }
  }

  close(): void {
    for (const connection of this.#connections) {
      connection.close();
    }
  }

  #take(connection: Connection, status: number): void {
    this.#underWay -= 1;
    this.#failed += status === 200 ? 0 : 1;
    this.#send(connection);
    if (this.#underWay === 0) {
      this.#answered?.resolve();
    }
  }

  #send(connection: Connection): void {
    const request = this.#requests[this.#next % this.#requests.length];
    if (this.#toSend === 0 || request === undefined) {
      return;
    }
    this.#toSend -= 1;
    this.#underWay += 1;
    this.#next += 1;
    connection.send(request);
  }

  #break(error: Error): void {
    this.#broken = new Error(`a connection broke under load: ${error.message}`, { cause: error });
    this.#answered?.reject(this.#broken);
  }
}
