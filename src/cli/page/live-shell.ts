import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { DatabaseSource, type ShownDatabase } from "../../tools/live/database-source.ts";
import { LiveServer } from "../../tools/live/live-server.ts";
import { readPageFiles } from "../../tools/live/page-files.ts";
import { codeOf } from "../answers/failure.ts";
import type { Session } from "../session.ts";
import { PAGE_DIRECTORY } from "./page-directory.ts";
import { PageSession, type PageSessionParts } from "./page-session.ts";

export type LiveShellParts = {
  readonly database: ShownDatabase;
  /** Makes a session on the database of the given parts. */
  readonly newSession: (parts: PageSessionParts) => Session;
  /** 0 is any that is free. */
  readonly port: number;
};

/** The live page of the shell's database. */
export class LiveShell {
  readonly #source: DatabaseSource;
  readonly #session: PageSession;
  readonly #server: LiveServer;

  private constructor(source: DatabaseSource, session: PageSession, server: LiveServer) {
    this.#source = source;
    this.#session = session;
    this.#server = server;
  }

  /** Rejects with LsmError IO_ERROR when the port cannot be had, or the page is not there. */
  static async start({ database, newSession, port }: LiveShellParts): Promise<LiveShell> {
    const files = readPageFiles(nodeFileSystem, PAGE_DIRECTORY);
    const source = new DatabaseSource(database, Date.now);
    const session = await PageSession.begin(newSession);
    const tables = { fs: nodeFileSystem, directory: database.path };
    const look = (): void => lookUnlessClosed(source);
    try {
      const server = await LiveServer.start({ source, files, look, tables, commands: session }, port);
      return new LiveShell(source, session, server);
    } catch (error) {
      source.stop();
      await session.end();
      throw error;
    }
  }

  get url(): string {
    return this.#server.url;
  }

  /** Ends the server and the page's session. Call it before the database is closed. */
  async close(): Promise<void> {
    await this.#session.end();
    await this.#server.close();
    this.#source.stop();
  }
}

/** A command may close the database, `destroy` for one. */
function lookUnlessClosed(source: DatabaseSource): void {
  try {
    source.look();
  } catch (error) {
    if (codeOf(error) !== "DATABASE_CLOSED") throw error;
    source.stop();
  }
}
