import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const NPM = process.platform === "win32" ? "npm.cmd" : "npm";
const UNREACHABLE = /\b(?:ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|E40[13]|E5\d\d)\b/;

/** What `npm pack` says of the tarball it makes. */
export type Packed = {
  readonly filename: string;
  readonly unpackedSize: number;
  /** Sizes in bytes. */
  readonly files: readonly { readonly path: string; readonly size: number }[];
};

/** Makes a tarball of the built package in a folder. */
export function packInto(folder: string): Packed {
  const output = execFileSync(NPM, ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: PROJECT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return JSON.parse(output)[0];
}

/** Puts the files of a tarball where `npm install` would, without what it depends on. */
export function unpackInto(folder: string, { filename }: Packed, tarballs: string): void {
  execFileSync("tar", ["-xzf", join(tarballs, filename), "--strip-components=1", "-C", folder]);
}

/**
 * Runs npm in a folder. Answers why nothing came of it when the reason is the network, which is no fault of ours, and
 * throws for any other reason.
 */
export function npm(folder: string, ...args: string[]): string | undefined {
  const quiet = ["--prefer-offline", "--no-audit", "--no-fund", "--fetch-retries=0"];
  const { status, stderr } = spawnSync(NPM, [...args, ...quiet], { cwd: folder, encoding: "utf8" });
  if (status === 0) return undefined;
  if (!UNREACHABLE.test(stderr)) throw new Error(`npm ${args.join(" ")} failed: ${stderr}`);
  return `the registry cannot be reached: ${stderr.split("\n")[0]}`;
}
