import { describe, expect, it } from "@jest/globals";
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { FakeClock } from "@sandbox-system/contract/testing";
import { EventStream } from "./event-stream.js";

/** As much of a response as an event stream touches; `full` makes writing report that the client does not read. */
class FakeResponse extends EventEmitter {
  readonly written: string[] = [];
  status: number | undefined;
  full = false;
  destroyed = false;
  writableEnded = false;

  get writableNeedDrain(): boolean {
    return this.full;
  }

  writeHead(status: number): void {
    this.status = status;
  }

  flushHeaders(): void {
    this.written.push("(headers)");
  }

  write(text: string): boolean {
    this.written.push(text);
    return !this.full;
  }

  end(): void {
    this.writableEnded = true;
  }
}

function open() {
  const res = new FakeResponse();
  const clock = new FakeClock();
  return { res, clock, stream: new EventStream(res as unknown as ServerResponse, clock) };
}

describe("EventStream", () => {
  it("opens with the first event", async () => {
    const { res, stream } = open();
    expect(stream.opened).toBe(false);
    await stream.send("stdout", { data: "a\nb" });
    expect(res.status).toBe(200);
    expect(res.written).toEqual(["(headers)", 'event: stdout\ndata: {"data":"a\\nb"}\n\n']);
  });

  it("opens by itself after a second, then comments every 15 seconds of silence", async () => {
    const { res, clock, stream } = open();
    clock.advance(999);
    expect(stream.opened).toBe(false);
    clock.advance(1);
    expect(res.written).toEqual(["(headers)", ": keep-alive\n\n"]);
    clock.advance(14_000);
    await stream.send("stdout", {});
    clock.advance(14_999);
    expect(res.written).toHaveLength(3);
    clock.advance(1);
    expect(res.written).toHaveLength(4);
  });

  it("holds senders back until the client reads, all with one listener", async () => {
    const { res, stream } = open();
    res.full = true;
    let sent = 0;
    const sends = ["stdout", "stderr"].map((event) =>
      stream.send(event, {}).then(() => (sent += 1)),
    );
    await Promise.resolve();
    expect(sent).toBe(0);
    expect(res.listenerCount("drain")).toBe(1);
    res.full = false;
    res.emit("drain");
    await Promise.all(sends);
    expect(sent).toBe(2);
  });

  it("lets senders go when the client leaves", async () => {
    const { res, stream } = open();
    res.full = true;
    const sending = stream.send("stdout", {});
    res.destroyed = true;
    res.emit("close");
    await sending;
    await stream.send("stdout", {});
    expect(res.written).toHaveLength(2);
  });

  it("sends no comments to a client that does not read", () => {
    const { res, clock, stream } = open();
    void stream.send("stdout", {});
    res.full = true;
    clock.advance(60_000);
    expect(res.written).toHaveLength(2);
  });

  it.each(["end", "abandon", "close"] as const)("leaves no timer after %s", (how) => {
    const { res, clock, stream } = open();
    if (how === "close") res.emit("close");
    else stream[how]();
    expect(clock.pending).toBe(0);
  });
});
