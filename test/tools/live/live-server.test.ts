import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { afterEach, describe, expect, test } from "vitest";
import { History } from "../../../src/tools/live/history.ts";
import { type CommandRunner, LiveServer } from "../../../src/tools/live/live-server.ts";
import type { PageFiles } from "../../../src/tools/live/page-files.ts";
import type { LiveSource } from "../../../src/tools/live/source.ts";
import { decodeMessage } from "../../../src/tools/live/wire.ts";

const FILES: PageFiles = new Map([["/", { type: "text/html; charset=utf-8", bytes: Buffer.from("the page") }]]);

class Source implements LiveSource {
  readonly history = new History();
  readonly points: LiveSource["points"] = [];
  readonly figures = undefined;
  readonly subject: LiveSource["subject"] = {
    kind: "live",
    name: "here",
    format: undefined,
    compaction: undefined,
    memtable: undefined,
    takesCommands: true,
    hasFiles: false,
    notes: [],
  };
}

/** Answers what was typed, and notes that it was interrupted. */
class Echo implements CommandRunner {
  interruptions = 0;
  run(line: string) {
    return Promise.resolve({ parts: [{ text: line, isTrouble: false }], isCut: false });
  }
  interrupt(): void {
    this.interruptions++;
  }
}

let server: LiveServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Asked = {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string;
};
type Answered = { readonly status: number; readonly body: string; readonly headers: Record<string, unknown> };

class Site {
  readonly source = new Source();
  readonly commands = new Echo();
  readonly server: LiveServer;
  readonly url: URL;

  constructor(server: LiveServer) {
    this.server = server;
    this.url = new URL(server.url);
  }

  static async start(parts: { readonly hasCommands: boolean } = { hasCommands: true }): Promise<Site> {
    const made = { source: new Source(), commands: new Echo() };
    const commands = parts.hasCommands ? made.commands : undefined;
    server = await LiveServer.start({ source: made.source, files: FILES, look() {}, tables: undefined, commands }, 0);
    return Object.assign(new Site(server), made);
  }

  get authorization(): string {
    return `Bearer ${this.url.hash.replace("#token=", "")}`;
  }

  /** With the token, unless the headers say something else. */
  ask(path: string, { method = "GET", headers = {}, body }: Asked = {}): Promise<Answered> {
    const { port } = this.url;
    const all = { authorization: this.authorization, ...headers };
    return new Promise((resolve, reject) => {
      const asked = request({ host: "127.0.0.1", port, path, method, headers: all }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
      });
      asked.on("error", reject);
      asked.end(body);
    });
  }
}

describe("the server of the live page", () => {
  test("listens on the loopback address alone", async () => {
    const { url } = await Site.start();
    expect(url.hostname).toBe("127.0.0.1");
    const others = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const outward = others.find(({ family, internal }) => family === "IPv4" && !internal);
    if (outward === undefined) return;
    const refused = await new Promise((resolve) => {
      request({ host: outward.address, port: url.port, path: "/" }, () => resolve("answered"))
        .on("error", (error: NodeJS.ErrnoException) => resolve(error.code))
        .end();
    });
    expect(refused).toBe("ECONNREFUSED");
  });

  test("gives the page to anyone, and everything else to who has the token", async () => {
    const site = await Site.start();
    expect(await site.ask("/", { headers: { authorization: "" } })).toMatchObject({ status: 200, body: "the page" });
    for (const authorization of ["", "Bearer ", `${site.authorization}x`, site.authorization.toLowerCase()]) {
      expect(await site.ask("/api/stream", { headers: { authorization } })).toMatchObject({ status: 401 });
      const typed = await site.ask("/api/commands", { method: "POST", headers: { authorization }, body: "stats" });
      expect(typed.status).toBe(401);
    }
    expect(site.url.hash.length).toBeGreaterThan(32);
  });

  test("gives nothing to who calls it by another name, comes from elsewhere, or asks otherwise", async () => {
    const site = await Site.start();
    const { host } = site.url;
    const statusOf = async (path: string, asked: Asked) => (await site.ask(path, asked)).status;
    expect(await statusOf("/", { headers: { host: "evil.example" } })).toBe(421);
    expect(await statusOf("/", { headers: { host: `evil.example:${site.url.port}` } })).toBe(421);
    expect(await statusOf("/", { headers: { host: `localhost:${site.url.port}` } })).toBe(200);
    expect(await statusOf("/api/stream", { headers: { origin: "http://evil.example" } })).toBe(403);
    expect(await statusOf("/api/nothing", { headers: { origin: `http://${host}` } })).toBe(404);
    expect(await statusOf("/api/stream", { headers: { "sec-fetch-site": "cross-site" } })).toBe(403);
    expect(await statusOf("/api/commands", { method: "OPTIONS" })).toBe(405);
    expect(await statusOf("/", { method: "POST" })).toBe(405);
    expect(await statusOf("/../package.json", {})).toBe(404);
    expect(await statusOf("//evil.example/api/stream", {})).toBe(404);
  });

  test("says with every answer what the page may not do", async () => {
    const site = await Site.start();
    for (const path of ["/", "/api/nothing"]) {
      const { headers } = await site.ask(path);
      expect(headers["content-security-policy"]).toContain("default-src 'none'");
      expect(headers["content-security-policy"]).toContain("require-trusted-types-for 'script'");
      expect(headers).toMatchObject({ "x-content-type-options": "nosniff", "cache-control": "no-store" });
      expect(headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test("carries out what is typed, and stops it", async () => {
    const site = await Site.start();
    const typed = await site.ask("/api/commands", { method: "POST", body: "put ключ 值" });
    expect(JSON.parse(typed.body)).toEqual({ parts: [{ text: "put ключ 值", isTrouble: false }], isCut: false });
    expect((await site.ask("/api/interruption", { method: "POST" })).status).toBe(200);
    expect(site.commands.interruptions).toBe(1);
  });

  test("takes no line of more than a megabyte", async () => {
    const site = await Site.start();
    const typed = await site.ask("/api/commands", { method: "POST", body: "x".repeat(1024 * 1024 + 1) });
    expect(typed).toMatchObject({ status: 413, headers: { connection: "close" } });
    expect((await site.ask("/api/commands", { method: "POST", body: "x".repeat(1024 * 1024) })).status).toBe(200);
  });

  test("takes no commands for what is over", async () => {
    const site = await Site.start({ hasCommands: false });
    expect((await site.ask("/api/commands", { method: "POST", body: "stats" })).status).toBe(404);
    expect((await site.ask("/api/interruption", { method: "POST" })).status).toBe(404);
  });

  test("tells what there is, what comes, and the end", async () => {
    const site = await Site.start();
    const told = site.ask("/api/stream");
    site.source.history.add({ kind: "newMemtable", id: 0 }, 1);
    // Something answered after the stream was begun: its request has been taken.
    await site.ask("/");
    site.source.history.add({ kind: "newMemtable", id: 1 }, 2);
    await server?.close();
    server = undefined;
    const messages = (await told).body.split("\n").filter(Boolean).map(decodeMessage);
    expect([messages[0]?.type, messages.at(-1)?.type]).toEqual(["beginning", "end"]);
    const moments = messages.flatMap((message) => (message.type === "moments" ? message.moments : []));
    expect(moments.map(({ number }) => number)).toEqual([1, 2]);
  });

  test("says that a port is taken", async () => {
    const site = await Site.start();
    const parts = { source: site.source, files: FILES, look() {}, tables: undefined, commands: undefined };
    await expect(LiveServer.start(parts, Number(site.url.port))).rejects.toMatchObject({ code: "IO_ERROR" });
  });

  test("has at most 32 readers at a time", async () => {
    const site = await Site.start();
    const streams = Array.from({ length: 33 }, () => site.ask("/api/stream"));
    const refused = await Promise.race(streams);
    expect(refused.status).toBe(503);
    await server?.close();
    server = undefined;
    const statuses = (await Promise.all(streams)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBe(32);
  });
});
