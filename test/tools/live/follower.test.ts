import { describe, expect, test } from "vitest";
import { unknownTable } from "../../../src/tools/live/change.ts";
import { Follower, MOMENTS_PER_MESSAGE } from "../../../src/tools/live/follower.ts";
import { History } from "../../../src/tools/live/history.ts";
import type { Figures, LiveSource } from "../../../src/tools/live/source.ts";
import { decodeMessage, type Message } from "../../../src/tools/live/wire.ts";

class FakeSource implements LiveSource {
  readonly history: History;
  readonly points: LiveSource["points"] = [];
  readonly subject: LiveSource["subject"] = {
    kind: "live",
    name: "fake",
    format: undefined,
    compaction: undefined,
    memtable: undefined,
    takesCommands: false,
    hasFiles: false,
    notes: [],
  };
  figures: Figures | undefined;
  #flushed = 0;

  constructor(momentsMax?: number) {
    this.history = new History(undefined, momentsMax);
  }

  flush(times: number): void {
    for (let time = 0; time < times; time++) {
      this.history.add({ kind: "flush", table: unknownTable(this.#flushed++) }, undefined);
    }
  }
}

function told(follower: Follower): readonly Message[] {
  const text = follower.next()?.text ?? "";
  return text.split("\n").filter(Boolean).map(decodeMessage);
}

/** As `beginning`, or `3-5` for moments. */
function shown(messages: readonly Message[]): string {
  return messages
    .map((message) =>
      message.type === "moments" ? `${message.moments[0]?.number}-${message.moments.at(-1)?.number}` : message.type,
    )
    .join(" ");
}

describe("a follower", () => {
  test("is told what there is, then what is new, and nothing when nothing is", () => {
    const source = new FakeSource();
    source.flush(2);
    const follower = new Follower(source);
    expect(shown(told(follower))).toBe("beginning 1-2");
    expect(follower.next()).toBeUndefined();
    source.flush(3);
    expect(shown(told(follower))).toBe("3-5");
    expect(follower.next()).toBeUndefined();
  });

  test("is told of many events at once, together with the figures", () => {
    const source = new FakeSource();
    const follower = new Follower(source);
    follower.next();
    source.flush(100);
    source.figures = {} as Figures;
    expect(shown(told(follower))).toBe("1-100 figures");
    expect(follower.next()).toBeUndefined();
  });

  test("is told of a long history piece by piece", () => {
    const source = new FakeSource();
    source.flush(2 * MOMENTS_PER_MESSAGE + 1);
    source.figures = {} as Figures;
    const follower = new Follower(source);
    const tellings = [follower.next(), follower.next(), follower.next()];
    expect(tellings.map((telling) => telling?.isBehind)).toEqual([true, true, false]);
    const lines = tellings.flatMap((telling) => telling?.text.split("\n").filter(Boolean) ?? []);
    expect(shown(lines.map(decodeMessage))).toBe("beginning 1-500 501-1000 1001-1001 figures");
  });

  test("begins again when what he has not heard is forgotten", () => {
    const source = new FakeSource(10);
    const follower = new Follower(source);
    source.flush(5);
    expect(shown(told(follower))).toBe("beginning 1-5");
    source.flush(30);
    const [beginning, moments] = told(follower);
    expect(beginning).toMatchObject({ type: "beginning", newestNumber: 35 });
    if (beginning?.type !== "beginning" || moments?.type !== "moments") throw new Error("neither");
    expect(moments.moments[0]?.number).toBe(beginning.beginning.forgotten + 1);
    expect(moments.moments.at(-1)?.number).toBe(35);
  });
});
