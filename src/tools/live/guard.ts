import { createHash, timingSafeEqual } from "node:crypto";

/** What is needed of a request to tell whether it may pass. */
export type GuardedRequest = {
  readonly method: string | undefined;
  /** The path alone. */
  readonly path: string;
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
};

export type Refusal = { readonly status: number; readonly reason: string };

/** Everything that is not the page's own files. */
export const API_PREFIX = "/api/";

/**
 * Who may ask: whoever addresses this server by its own name, so that no other site reaches it by a name of its own that
 * it lets resolve to this machine; and for everything but the page's files, only who knows the token, which a page of
 * another site does not, and whose header it could not send.
 */
export class Guard {
  readonly #hosts: ReadonlySet<string>;
  readonly #authorization: Uint8Array;

  constructor(port: number, token: string) {
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
    this.#authorization = digest(`Bearer ${token}`);
  }

  /** undefined: it may pass. */
  refusalOf({ method, path, headers }: GuardedRequest): Refusal | undefined {
    const { host, origin, authorization } = headers;
    if (typeof host !== "string" || !this.#hosts.has(host)) return { status: 421, reason: "unknown host" };
    if (origin !== undefined && origin !== `http://${host}`) return { status: 403, reason: "another origin" };
    const isApi = path.startsWith(API_PREFIX);
    if (method !== "GET" && !(isApi && method === "POST")) return { status: 405, reason: "unknown method" };
    if (!isApi) return undefined;
    const site = headers["sec-fetch-site"];
    if (site !== undefined && site !== "same-origin") return { status: 403, reason: "another site" };
    const isKnown = typeof authorization === "string" && timingSafeEqual(digest(authorization), this.#authorization);
    return isKnown ? undefined : { status: 401, reason: "missing or wrong token" };
  }
}

/** Of the same length for every text, so that comparing tells nothing of it. */
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/**
 * Of every answer. The page loads nothing but its own two files, talks to nobody else, runs no script that stands in
 * markup, and stands in no frame of another page.
 */
export const SAFE_HEADERS: { readonly [name: string]: string } = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Cache-Control": "no-store",
};
