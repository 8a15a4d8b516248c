import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LsmError } from "../../errors.ts";
import { answerTable, type TablePlace } from "./answers.ts";
import { Follower } from "./follower.ts";
import { Guard, SAFE_HEADERS } from "./guard.ts";
import type { PageFiles } from "./page-files.ts";
import type { LiveSource } from "./source.ts";
import { Stream } from "./stream.ts";
import { encodeMessage } from "./wire.ts";

const ADDRESS = "127.0.0.1";
const TOKEN_BYTES = 24;
/** Tabs, each with one. */
const STREAMS_MAX = 32;
/** News is sent this often. */
const TICK_MS = 100;
/** A line of the shell has at most a megabyte. */
const BODY_BYTES_MAX: number = 1024 * 1024;

/** Carries out what is typed on the page, one line at a time. */
export interface CommandRunner {
  /** Resolves with all that was answered. Never rejects. */
  run(line: string): Promise<CommandAnswer>;
  /** Stops the command under way. */
  interrupt(): void;
}

/** In order; `isTrouble` is what a terminal gets on stderr. */
export type CommandAnswer = {
  readonly parts: readonly { readonly text: string; readonly isTrouble: boolean }[];
  /** The rest was left out because there was too much of it. */
  readonly isCut: boolean;
};

export type LiveServerParts = {
  readonly source: LiveSource;
  readonly files: PageFiles;
  /** Brings the source up to date; called before anything is sent. */
  readonly look: () => void;
  /** undefined: there are no files to look into. */
  readonly tables: TablePlace | undefined;
  /** undefined: the page takes no commands. */
  readonly commands: CommandRunner | undefined;
};

/**
 * Serves the page of one source, on this machine only. Nothing but requests and a timer of its own make it do anything, and
 * neither keeps the process alive unless `keepAlive` was called.
 */
export class LiveServer {
  /** Where the page is, with the token that lets one in. */
  readonly url: string;
  readonly #parts: LiveServerParts;
  readonly #server: Server;
  readonly #guard: Guard;
  readonly #streams = new Set<Stream>();
  readonly #timer: NodeJS.Timeout;

  private constructor(parts: LiveServerParts, server: Server, token: string) {
    const { port } = server.address() as AddressInfo;
    this.#parts = parts;
    this.#server = server;
    this.#guard = new Guard(port, token);
    this.url = `http://${ADDRESS}:${port}/#token=${token}`;
    server.on("request", (request, response) => this.#answer(request, response));
    this.#timer = setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** `port` 0 is any that is free. Rejects with LsmError IO_ERROR when the port cannot be had. */
  static async start(parts: LiveServerParts, port: number): Promise<LiveServer> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(new LsmError("IO_ERROR", error.message, { cause: error })));
      server.listen({ host: ADDRESS, port, exclusive: true }, resolve);
    });
    // Whatever happens to a connection ends with it.
    server.removeAllListeners("error").on("error", () => {});
    server.unref();
    return new LiveServer(parts, server, randomBytes(TOKEN_BYTES).toString("base64url"));
  }

  /** From now on the process lives as long as the server. */
  keepAlive(): void {
    this.#server.ref();
  }

  /** Tells every page that this is the end, and lets go of the port. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#parts.look();
    for (const stream of this.#streams) stream.end(encodeMessage({ type: "end" }));
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      // A page that reads slowly is not waited for.
      setTimeout(() => this.#server.closeAllConnections(), TICK_MS);
    });
  }

  #tick(): void {
    this.#parts.look();
    for (const stream of this.#streams) stream.pump();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(SAFE_HEADERS)) response.setHeader(name, value);
    request.on("error", () => {});
    response.on("error", () => {});
    const url = urlOf(request);
    const refusal =
      url === undefined
        ? { status: 400, reason: "malformed" }
        : this.#guard.refusalOf({ method: request.method, path: url.pathname, headers: request.headers });
    if (refusal !== undefined || url === undefined) {
      sendJson(response, refusal?.status ?? 400, { error: refusal?.reason });
      return;
    }
    if (request.method === "POST") this.#post(url.pathname, request, response);
    else this.#get(url, response);
  }

  #get(url: URL, response: ServerResponse): void {
    const { files, tables } = this.#parts;
    const file = files.get(url.pathname);
    if (file !== undefined) {
      response.writeHead(200, { "Content-Type": file.type }).end(file.bytes);
      return;
    }
    if (url.pathname === "/api/stream") {
      this.#beginStream(response);
      return;
    }
    const answer = tables && answerTable(tables, url);
    sendJson(response, answer?.status ?? 404, answer?.value ?? { error: "not found" });
  }

  #beginStream(response: ServerResponse): void {
    if (this.#streams.size >= STREAMS_MAX) {
      sendJson(response, 503, { error: "too many pages are open" });
      return;
    }
    response.writeHead(200, { "Content-Type": "application/x-ndjson; charset=utf-8" });
    this.#parts.look();
    const stream = new Stream(response, new Follower(this.#parts.source));
    this.#streams.add(stream);
    response.on("close", () => this.#streams.delete(stream));
    stream.pump();
  }

  #post(path: string, request: IncomingMessage, response: ServerResponse): void {
    const { commands } = this.#parts;
    if (commands === undefined || (path !== "/api/commands" && path !== "/api/interruption")) {
      sendJson(response, 404, { error: "not found" });
      return;
    }
    if (path === "/api/interruption") {
      request.resume();
      commands.interrupt();
      sendJson(response, 200, {});
      return;
    }
    readBody(request, (body) => {
      if (body === undefined) {
        response.setHeader("Connection", "close");
        sendJson(response, 413, { error: `a line has at most ${BODY_BYTES_MAX} bytes` });
        return;
      }
      void commands.run(body).then((answer) => sendJson(response, 200, answer));
    });
  }
}

function urlOf({ url = "" }: IncomingMessage): URL | undefined {
  // Behind a host, so that a path that begins with two slashes is no other host.
  const absolute = `http://${ADDRESS}${url}`;
  return url.startsWith("/") && URL.canParse(absolute) ? new URL(absolute) : undefined;
}

/** Calls `take` once with the whole body as text, or with undefined when it is too long. */
function readBody(request: IncomingMessage, take: (body: string | undefined) => void): void {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  request.on("data", (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes <= BODY_BYTES_MAX) chunks.push(chunk);
    else request.removeAllListeners("data").removeAllListeners("end").resume();
    if (sizeBytes > BODY_BYTES_MAX) take(undefined);
  });
  request.on("end", () => take(Buffer.concat(chunks).toString()));
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json; charset=utf-8" }).end(JSON.stringify(value));
}
