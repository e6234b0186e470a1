/** Every bound of the sidecar. What goes over one is refused or dropped, and counted. */
export type Limits = {
  /** Connections to the gRPC port. */
  readonly sessionsMax: number;
  /** Handshakes of TLS begun in one second, as each costs far more than it takes to ask for it. */
  readonly handshakesPerSecondMax: number;
  /** Streams within one connection. */
  readonly streamsPerSessionMax: number;
  /** Filters' streams. Times `creditBytes` this bounds the memory for observations on their way. */
  readonly filterStreamsMax: number;
  /** Streams of Envoys that discover resources, and resources of one kind that one of them may want. */
  readonly envoyStreamsMax: number;
  readonly resourcesPerEnvoyMax: number;
  /** Rollouts in the configuration of one filter. */
  readonly rolloutsPerFilterMax: number;
  /** What one filter may send before the first of it is counted. */
  readonly creditBytes: number;
  /** Largest gRPC message taken. */
  readonly messageBytesMax: number;
  /** How long a message may take from its first byte to its last, and a filter to say hello. */
  readonly messageMs: number;
  /** How long a peer may leave what was sent to it unread. */
  readonly unreadMs: number;
  /** Watch calls. */
  readonly watchersMax: number;
  /** Names of rollouts kept. */
  readonly rolloutsMax: number;
  /** Changes waiting for the loop. */
  readonly requestsMax: number;
  /** Observations waiting for the loop. */
  readonly queueBytesMax: number;
};

/** The bounds in force unless a test says otherwise. */
export const LIMITS: Limits = {
  sessionsMax: 512,
  handshakesPerSecondMax: 100,
  streamsPerSessionMax: 64,
  filterStreamsMax: 128,
  envoyStreamsMax: 128,
  resourcesPerEnvoyMax: 64,
  rolloutsPerFilterMax: 64,
  creditBytes: 1 << 20,
  messageBytesMax: 256 << 10,
  messageMs: 10_000,
  unreadMs: 10_000,
  watchersMax: 64,
  rolloutsMax: 1_000,
  requestsMax: 64,
  queueBytesMax: 64 << 20,
};
