import { nodeFileSystem } from "../../fs/node-file-system.ts";
import { LiveServer } from "../../tools/live/live-server.ts";
import { readPageFiles } from "../../tools/live/page-files.ts";
import type { LiveSource } from "../../tools/live/source.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { handleSignals } from "../terminal/signals.ts";
import type { ToolSurface } from "../tools/run-tool.ts";
import { PAGE_DIRECTORY } from "./page-directory.ts";

export type ServedPage = {
  readonly source: LiveSource;
  /** Where its tables lie; undefined when they are not files. */
  readonly directory: string | undefined;
  readonly port: number;
};

/**
 * Serves the page of something that does not change, until a signal ends it. Resolves with what the process is to end
 * with: Ctrl-C is the usual way, and no failure. Rejects with LsmError IO_ERROR when the port cannot be had.
 */
export async function servePage(page: ServedPage, surface: Pick<ToolSurface, "out" | "signals">): Promise<ExitCode> {
  const { source, directory, port } = page;
  const files = readPageFiles(nodeFileSystem, PAGE_DIRECTORY);
  const tables = directory === undefined ? undefined : { fs: nodeFileSystem, directory };
  const server = await LiveServer.start({ source, files, look: () => {}, tables, commands: undefined }, port);
  server.keepAlive();
  surface.out(`live page: ${server.url}\nCtrl-C ends it.\n`);
  let unhandle = (): void => {};
  const exitCode = await new Promise<ExitCode>((resolve) => {
    unhandle = handleSignals(surface.signals, { interrupt: () => resolve(EXIT.success), stop: resolve });
  });
  unhandle();
  await server.close();
  return exitCode;
}
