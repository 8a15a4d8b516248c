import type { CommandAnswer } from "../../src/tools/live/live-server.ts";
import { decodeMessage, type Message } from "../../src/tools/live/wire.ts";

/** How the page stands with the program that serves it. */
export type Link = "connecting" | "open" | "ended" | "refused";

const RETRY_MS = 1000;
const REFUSED = 401;

/** Talks to the program with the token of the page's address, which is sent as a header and nowhere else. */
export class Connection {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** Reads messages until the program ends, and tells how things stand. Resolves when nothing more can come. */
  async follow(take: (messages: readonly Message[]) => void, tell: (link: Link) => void): Promise<void> {
    for (;;) {
      tell("connecting");
      const outcome = await this.#read(take, tell);
      if (outcome !== "lost") {
        tell(outcome);
        return;
      }
      tell("ended");
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Throws Error with what the program says is wrong. */
  async ask<Answer>(path: string): Promise<Answer> {
    return this.#answerOf<Answer>(await this.#fetch(path, {}));
  }

  async run(line: string): Promise<CommandAnswer> {
    return this.#answerOf<CommandAnswer>(await this.#fetch("/api/commands", { method: "POST", body: line }));
  }

  async interrupt(): Promise<void> {
    await this.#fetch("/api/interruption", { method: "POST" });
  }

  async #read(take: (messages: readonly Message[]) => void, tell: (link: Link) => void): Promise<Link | "lost"> {
    try {
      const response = await this.#fetch("/api/stream", {});
      if (response.status === REFUSED) return "refused";
      if (!response.ok || response.body === null) return "lost";
      tell("open");
      return await readLines(response.body, take);
    } catch {
      // The program is gone, or on its way back.
      return "lost";
    }
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    return fetch(path, { ...init, headers: { Authorization: `Bearer ${this.#token}` }, cache: "no-store" });
  }

  async #answerOf<Answer>(response: Response): Promise<Answer> {
    const answer = await response.json();
    if (!response.ok) throw new Error(String(answer.error ?? response.statusText));
    return answer as Answer;
  }
}

/** "ended" when the last message said so; "lost" when the stream broke off. */
async function readLines(
  body: ReadableStream<Uint8Array>,
  take: (messages: readonly Message[]) => void,
): Promise<"ended" | "lost"> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return "lost";
    const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    const messages = lines.map(decodeMessage);
    take(messages);
    if (messages.at(-1)?.type === "end") return "ended";
  }
}
