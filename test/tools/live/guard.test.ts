import { describe, expect, test } from "vitest";
import { Guard, SAFE_HEADERS } from "../../../src/tools/live/guard.ts";

const guard = new Guard(4321, "secret");
const HOST = "127.0.0.1:4321";
const KNOWN = { host: HOST, authorization: "Bearer secret" };

function statusOf(method: string, path: string, headers: { readonly [name: string]: string }): number {
  return guard.refusalOf({ method, path, headers })?.status ?? 200;
}

describe("the guard", () => {
  test.each<[string, string, string, { readonly [name: string]: string }]>([
    ["the page's files to everybody who calls it by its name", "GET", "/", { host: HOST }],
    ["the other name of this machine", "GET", "/page.js", { host: "localhost:4321" }],
    ["who knows the token", "GET", "/api/stream", KNOWN],
    [
      "the page itself, as browsers name it",
      "POST",
      "/api/commands",
      {
        ...KNOWN,
        origin: `http://${HOST}`,
        "sec-fetch-site": "same-origin",
      },
    ],
  ])("lets in %s", (_, method, path, headers) => {
    expect(statusOf(method, path, headers)).toBe(200);
  });

  test.each<[string, string, string, { readonly [name: string]: string }, number]>([
    ["a name of somebody else's that leads here", "GET", "/", { host: "evil.example:4321" }, 421],
    ["another port", "GET", "/", { host: "127.0.0.1:80" }, 421],
    ["no name", "GET", "/", {}, 421],
    ["a page of another site", "GET", "/", { host: HOST, origin: "http://evil.example" }, 403],
    ["a page of another site that knows the token", "GET", "/api/stream", { ...KNOWN, origin: "null" }, 403],
    ["a request that another site made", "GET", "/api/stream", { ...KNOWN, "sec-fetch-site": "cross-site" }, 403],
    ["no token", "GET", "/api/stream", { host: HOST }, 401],
    ["a wrong token", "GET", "/api/stream", { host: HOST, authorization: "Bearer secret2" }, 401],
    ["a token without its word", "GET", "/api/stream", { host: HOST, authorization: "secret" }, 401],
    ["a write to the page", "POST", "/", KNOWN, 405],
    ["another method", "PUT", "/api/commands", KNOWN, 405],
    ["the question of a browser whether it may", "OPTIONS", "/api/commands", KNOWN, 405],
  ])("refuses %s", (_, method, path, headers, status) => {
    expect(statusOf(method, path, headers)).toBe(status);
  });

  test("lets no script but the page's own run, and no site but its own read", () => {
    const policy = SAFE_HEADERS["Content-Security-Policy"] ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).not.toContain("unsafe");
    expect(Object.keys(SAFE_HEADERS).filter((name) => name.startsWith("Access-Control"))).toEqual([]);
  });
});
