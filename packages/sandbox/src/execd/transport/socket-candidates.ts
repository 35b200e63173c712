import type { Server, Socket } from "node:net";

/**
 * Connections that may be looked at side by side. An agent says its HELLO as soon as it is connected; who connects and stays silent makes way for
 * later ones, so that user code can neither keep the agent out for long nor fill the host's memory.
 */
const MAX_CANDIDATES = 8;

/** Who connects to a server while one of them is looked for. */
export class SocketCandidates {
  /** Connected, and not yet accepted or rejected; the oldest first. */
  readonly #undecided = new Set<Socket>();
  #offer: ((socket: Socket) => void) | undefined;
  #giveUp: () => void = () => undefined;
  #done = false;

  constructor(private readonly server: Server) {
    server.on("connection", (socket: Socket) => {
      this.#take(socket);
    });
  }

  /**
   * Resolves to what `greet` makes of the first connection that it accepts; then nobody else is listened to. Connections that it rejects are
   * closed. Rejects when everybody is dropped before. To be called once.
   */
  firstAccepted<T>(greet: (socket: Socket) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#giveUp = () => {
        reject(new Error("the socket was closed before the agent returned"));
      };
      if (this.#done) this.#giveUp();
      this.#offer = (socket) => {
        void greet(socket).then(
          (accepted) => {
            this.#undecided.delete(socket);
            if (this.#done) {
              socket.destroy();
              return;
            }
            resolve(accepted);
            this.dropAll();
            this.server.close();
          },
          () => {
            this.#drop(socket);
          },
        );
      };
      for (const socket of this.#undecided) this.#offer(socket);
    });
  }

  /** Closes every connection that was not accepted, and every one that still comes; whoever waits for one is told. */
  dropAll(): void {
    this.#done = true;
    this.#giveUp();
    for (const socket of this.#undecided) this.#drop(socket);
  }

  #take(socket: Socket): void {
    // Without a listener an error would end the process.
    socket.on("error", () => undefined);
    if (this.#done) {
      socket.destroy();
      return;
    }
    const [oldest] = this.#undecided;
    if (oldest !== undefined && this.#undecided.size >= MAX_CANDIDATES) this.#drop(oldest);
    this.#undecided.add(socket);
    this.#offer?.(socket);
  }

  #drop(socket: Socket): void {
    this.#undecided.delete(socket);
    socket.destroy();
  }
}
