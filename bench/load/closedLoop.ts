import { type Connection, openConnections } from "./connection.ts";
import { deferred } from "./deferred.ts";
import type { Requests } from "./requests.ts";

/** A load that saturates: every connection sends its next request as soon as the answer is in. */
export class ClosedLoop {
  readonly #requests: Requests;
  readonly #reached = deferred();
  readonly #drained = deferred();
  #connections: readonly Connection[] = [];
  #goal = Number.POSITIVE_INFINITY;
  #next = 0;
  #idle = 0;
  #answered = 0;
  #failed = 0;
  #isStopping: boolean = false;
  #broken: Error | undefined;

  private constructor(requests: Requests) {
    this.#requests = requests;
  }

  /** Starts sending to a port of this machine over `count` connections. Rejects when one can't be made. */
  static async start(port: number, count: number, requests: Requests): Promise<ClosedLoop> {
    const loop = new ClosedLoop(requests);
    loop.#connections = await openConnections(port, count, {
      onAnswer: (connection, status) => loop.#take(connection, status),
      onBroken: (error) => loop.#break(error),
    });
    for (const connection of loop.#connections) {
      loop.#send(connection);
    }
    return loop;
  }

  /** Requests answered so far. */
  get answered(): number {
    return this.#answered;
  }

  /** Of these, those answered with anything but 200. */
  get failed(): number {
    return this.#failed;
  }

  /** Resolves when `count` requests are answered, or a connection broke (`stop` tells). */
  reaches(count: number): Promise<void> {
    this.#goal = count;
    return this.#reached.promise;
  }

  /** Lets requests under way end, then closes. Rejects when a connection broke during the load. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#drained.promise;
    for (const connection of this.#connections) {
      connection.close();
    }
    if (this.#broken !== undefined) {
      const { message } = this.#broken;
      throw new Error(`a connection broke under load: ${message}`, { cause: this.#broken });
    }
  }

  #take(connection: Connection, status: number): void {
    this.#answered += 1;
    this.#failed += status === 200 ? 0 : 1;
    if (this.#answered >= this.#goal) {
      this.#reached.resolve();
    }
    this.#send(connection);
  }

  #send(connection: Connection): void {
    const request = this.#requests[this.#next++ % this.#requests.length];
    if (!this.#isStopping && request !== undefined) {
      connection.send(request);
      return;
    }
    this.#idle += 1;
    if (this.#idle === this.#connections.length) {
      this.#drained.resolve();
    }
  }

  #break(error: Error): void {
    this.#broken ??= error;
    this.#reached.resolve();
    this.#drained.resolve();
  }
}
